// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "core/base/json.h"

#include <string>
#include <vector>

namespace featurescope::cli {

[[nodiscard]] bool asksForHelp(const std::vector<std::string>& arguments);
/// `featurescope --help`: every verb with its line.
[[nodiscard]] std::string programHelp();
/// `featurescope VERB --help`
[[nodiscard]] std::string verbHelp(const VerbEntry& entry, const Flags& flags);
/// The same as JSON, of which the man pages and the shells' completions are made.
[[nodiscard]] nlohmann::ordered_json verbDescription(const VerbEntry& entry, const Flags& flags);
[[nodiscard]] std::string versionLine();

}  // namespace featurescope::cli

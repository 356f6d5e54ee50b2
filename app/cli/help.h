// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"

#include <string>
#include <vector>

namespace featurescope::cli {

[[nodiscard]] bool asksForHelp(const std::vector<std::string>& arguments);
/// `featurescope --help`: every verb with its line.
[[nodiscard]] std::string programHelp();
/// `featurescope VERB --help`
[[nodiscard]] std::string verbHelp(const VerbEntry& entry, const Flags& flags);
[[nodiscard]] std::string versionLine();

}  // namespace featurescope::cli

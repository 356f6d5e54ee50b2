// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace featurescope::cli {

/// Becomes the program `name` that lies beside this one: those that need Qt are programs of their
/// own, so that this one needs none. `what`: "cannot open the window". Throws UserError{NotFound}
/// when a build without the window left it out.
[[noreturn]] void becomeProgram(const std::string& name, const std::string& what,
                                std::vector<std::string> arguments);

}  // namespace featurescope::cli

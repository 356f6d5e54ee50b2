// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace featurescope::cli {

/// The command line without the program's name → the exit status (contract: 0, 1, 2, 130, 143).
/// Nothing is thrown; what a person must know stands on stderr, the reason for failing last.
int runProgram(const std::vector<std::string>& arguments);

}  // namespace featurescope::cli

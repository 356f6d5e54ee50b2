// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace featurescope {

/// Shortest decimal text that reads back as the same number, '.' whatever the locale: for CSV.
[[nodiscard]] std::string shortest(double value);
[[nodiscard]] std::string shortest(float value);

}  // namespace featurescope

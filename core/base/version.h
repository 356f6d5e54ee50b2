// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace featurescope {

/// "0.1.0": the version of this program, as the build names it.
[[nodiscard]] std::string_view programVersion();

}  // namespace featurescope

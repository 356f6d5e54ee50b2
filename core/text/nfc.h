// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace featurescope {

/// Unicode normalization form C of `text`, which must be UTF-8. Linear but for sorting runs of
/// combining marks. The result is `text` itself, or lies in `scratch` where something changed.
[[nodiscard]] std::string_view normalizeNfc(std::string_view text, std::string& scratch);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// One RFC 4180 row with its CRLF; fields are quoted where they must be.
[[nodiscard]] std::string csvRow(std::span<const std::string> fields);

/// One field, quoted when it holds a comma, a quote or a line end.
[[nodiscard]] std::string csvField(std::string_view text);

}  // namespace featurescope

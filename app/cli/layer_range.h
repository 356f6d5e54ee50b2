// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace featurescope::cli {

/// A whole number from 0 that is all of `text`.
[[nodiscard]] std::optional<std::int32_t> wholeNumber(std::string_view text);

/// --layers "A-B", both included. Throws UserError{BadUsage}.
[[nodiscard]] std::pair<Layer, Layer> parseLayers(const std::string& text);

}  // namespace featurescope::cli

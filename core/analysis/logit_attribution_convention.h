// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace featurescope {

/// What the values are, for people.
inline constexpr std::string_view kLogitAttributionConvention =
    "(decoder row × scale of the final layer norm) · (row of embed_out − mean of all its rows): "
    "what the feature at 1 adds to a token's logit, but for the norm's division by the standard "
    "deviation";

}  // namespace featurescope

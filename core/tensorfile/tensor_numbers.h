// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <vector>

namespace featurescope {

/// The elements in their order, whatever their type, without torch: for the few numbers beside the
/// weights that say how these are to be read. Integers beyond 2^53 are rounded.
[[nodiscard]] std::vector<double> numbersOf(const Tensor& tensor);

}  // namespace featurescope

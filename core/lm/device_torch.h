// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/compute.h"

#include <ATen/ATen.h>

namespace featurescope {

/// The device of `options`. "cuda" loads libtorch_cuda.so from beside libtorch_cpu.so at run time
/// (it is not linked); when that fails, "auto" stays on the CPU and "cuda" throws
/// UserError{Unsupported} that says which library is missing. With a GPU, LibTorch's warnings are
/// dropped on the calling thread from then on: none of them is for a user.
[[nodiscard]] at::Device resolveDevice(const ComputeOptions& options);

/// float32 for auto on a CPU, bfloat16 for auto on a GPU. Throws UserError{BadUsage}.
[[nodiscard]] at::ScalarType resolveDtype(const ComputeOptions& options, at::Device device);

}  // namespace featurescope

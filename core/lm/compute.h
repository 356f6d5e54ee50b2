// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace featurescope {

/// Where and in what arithmetic a job computes; the flags every verb has. Torch-free.
struct ComputeOptions {
  int threads = 0;              ///< 0: the cores this process may use
  std::string device = "auto";  ///< auto cpu cuda cuda:N
  std::string dtype = "auto";   ///< the language model's: auto float32 bfloat16 float16
  std::uint64_t seed = 0;
};

/// The cores this process may use (its affinity mask and its cgroup's quota).
[[nodiscard]] int availableThreads();

/// Sets LibTorch's thread counts; once, before the first tensor work of a process.
void applyThreads(const ComputeOptions& options);

/// "AMD EPYC 9654", as the kernel names it.
[[nodiscard]] std::string processorName();

/// "CPU, 2 threads, AVX-512" / "NVIDIA H100": for status lines and run.json.
[[nodiscard]] std::string describeDevice(const ComputeOptions& options);

/// "2.11.0"
[[nodiscard]] std::string torchVersion();

}  // namespace featurescope

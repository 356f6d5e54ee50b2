// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/compute.h"

#include "core/base/error.h"
#include "core/lm/cpu_limit.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sched.h>
#include <thread>

namespace featurescope {

namespace {

int affinityCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  // More processors than cpu_set_t has room for.
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string textOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int availableThreads() {
  const int cores = affinityCores();
  const auto granted = controlGroupCores(textOf("/proc/self/cgroup"), "/sys/fs/cgroup");
  return granted ? std::min(cores, *granted) : cores;
}

void applyThreads(const ComputeOptions& options) {
  if (options.threads < 0) {
    throw UserError(ErrorCode::BadUsage, "cannot set the number of threads",
                    std::to_string(options.threads) + " is negative");
  }
  at::set_num_threads(options.threads > 0 ? options.threads : availableThreads());
  // LibTorch's second pool, for operators side by side, is not used here; it may be set only once.
  static std::once_flag once;
  std::call_once(once, [] { at::set_num_interop_threads(1); });
}

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string torchVersion() { return TORCH_VERSION; }

}  // namespace featurescope

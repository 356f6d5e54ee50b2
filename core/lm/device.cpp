// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/lm/device_torch.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Exception.h>

#include <charconv>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

namespace featurescope {

namespace {

constexpr std::string_view kWhat = "cannot use the GPU";

/// libtorch_cuda.so of the LibTorch in use, beside libtorch_cpu.so.
std::filesystem::path cudaLibrary() {
  Dl_info info{};
  dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info);
  const std::filesystem::path cpu = info.dli_fname != nullptr ? info.dli_fname : "";
  return cpu.parent_path() / "libtorch_cuda.so";
}

/// CUDA's half of LibTorch warns of what it then puts right by itself, as that autograd's thread
/// has no context yet.
class DropWarnings final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& /*warning*/) override {}
};

/// On the calling thread; autograd's threads warn through the one that called it.
at::Device quietly(at::Device device) {
  static DropWarnings drop;
  c10::WarningUtils::set_warning_handler(&drop);
  return device;
}

/// Loads CUDA's half of LibTorch. Nothing when it is there; otherwise why it is not.
std::optional<std::string> loadCuda() {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  static bool loaded = false;
  if (loaded) return std::nullopt;
  // A machine without a driver need not read a gigabyte of library to learn so.
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr) {
    return "this machine has no NVIDIA driver";
  }
  if (dlopen(cudaLibrary().c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    return reason != nullptr ? reason : "libtorch_cuda.so does not load";
  }
  loaded = true;
  return std::nullopt;
}

/// Why CUDA device `index` cannot be used, or nothing.
std::optional<std::string> cudaProblem(int index) {
  if (auto problem = loadCuda()) return problem;
  const int count = at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
  if (count == 0) return "no CUDA device is visible";
  if (index >= count) {
    return "there are " + std::to_string(count) + " CUDA devices, counted from 0";
  }
  return std::nullopt;
}

/// N of "cuda" (0) or "cuda:N"; nothing for another word.
std::optional<int> cudaIndex(std::string_view device) {
  if (device == "cuda") return 0;
  constexpr std::string_view kPrefix = "cuda:";
  if (!device.starts_with(kPrefix)) return std::nullopt;
  device.remove_prefix(kPrefix.size());
  int index = 0;
  const auto [end, error] = std::from_chars(device.data(), device.data() + device.size(), index);
  const bool whole = error == std::errc{} && end == device.data() + device.size();
  return whole && index >= 0 && index < 128 ? std::optional(index) : std::nullopt;
}

std::string cpuCapability() {
  const std::string capability = at::get_cpu_capability();
  if (capability.starts_with("AVX") && capability.size() > 3) return "AVX-" + capability.substr(3);
  return capability == "DEFAULT" ? "" : capability;
}

/// The GPU's name as its driver tells it: "NVIDIA H100 80GB HBM3".
std::string gpuModel(int index) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& gpu : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    files.push_back(gpu.path() / "information");
  }
  std::sort(files.begin(), files.end());
  if (index < static_cast<int>(files.size())) {
    std::ifstream information(files[static_cast<std::size_t>(index)]);
    for (std::string line; std::getline(information, line);) {
      const auto start = line.find_first_not_of(" \t", line.find(':') + 1);
      if (line.starts_with("Model:") && start != std::string::npos) return line.substr(start);
    }
  }
  return "CUDA GPU " + std::to_string(index);
}

}  // namespace

at::Device resolveDevice(const ComputeOptions& options) {
  if (options.device == "cpu") return at::kCPU;
  if (options.device == "auto") {
    return cudaProblem(0) ? at::Device(at::kCPU) : quietly({at::kCUDA, 0});
  }
  const auto index = cudaIndex(options.device);
  if (!index) {
    throw UserError(ErrorCode::BadUsage, "cannot choose the device",
                    "\"" + options.device + "\" is none", "use auto, cpu, cuda or cuda:N");
  }
  if (const auto problem = cudaProblem(*index)) {
    throw UserError(ErrorCode::Unsupported, std::string(kWhat), *problem,
                    "use --device cpu, or install what is missing");
  }
  return quietly({at::kCUDA, static_cast<c10::DeviceIndex>(*index)});
}

at::ScalarType resolveDtype(const ComputeOptions& options, at::Device device) {
  if (options.dtype == "auto") return device.is_cpu() ? at::kFloat : at::kBFloat16;
  if (options.dtype == "float32") return at::kFloat;
  if (options.dtype == "bfloat16") return at::kBFloat16;
  if (options.dtype == "float16") return at::kHalf;
  throw UserError(ErrorCode::BadUsage, "cannot choose the arithmetic",
                  "\"" + options.dtype + "\" is none", "use auto, float32, bfloat16 or float16");
}

std::string describeDevice(const ComputeOptions& options) {
  const at::Device device = resolveDevice(options);
  if (device.is_cuda()) return gpuModel(device.index());
  const int threads = options.threads > 0 ? options.threads : availableThreads();
  std::string text = "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  if (const auto capability = cpuCapability(); !capability.empty()) text += ", " + capability;
  return text;
}

}  // namespace featurescope

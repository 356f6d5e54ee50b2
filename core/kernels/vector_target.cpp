// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/vector_target.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace featurescope {

namespace {

constexpr std::array kTargets{VectorTarget::Portable, VectorTarget::Avx2, VectorTarget::Avx512};

VectorTarget widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return VectorTarget::Avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return VectorTarget::Avx2;
#endif
  return VectorTarget::Portable;
}

VectorTarget chosen() {
  const char* const asked = std::getenv("FEATURESCOPE_VECTORS");
  const auto* const found = std::find_if(
      kTargets.begin(), kTargets.end(),
      [&](VectorTarget target) { return asked != nullptr && nameOf(target) == asked; });
  return found == kTargets.end() ? widest() : std::min(*found, widest());
}

}  // namespace

VectorTarget vectorTarget() {
  static const VectorTarget target = chosen();
  return target;
}

std::string_view nameOf(VectorTarget target) {
  switch (target) {
    case VectorTarget::Avx512:
      return "avx512";
    case VectorTarget::Avx2:
      return "avx2";
    case VectorTarget::Portable:
      break;
  }
  return "portable";
}

}  // namespace featurescope

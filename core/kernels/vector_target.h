// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <utility>

namespace featurescope {

/// The instruction sets that every kernel is compiled for (x86-64-v4, x86-64-v3, and what the
/// compiler takes by default). Elsewhere than on x86-64 there is only Portable.
enum class VectorTarget { Portable, Avx2, Avx512 };

/// The widest that this machine has; FEATURESCOPE_VECTORS=portable|avx2|avx512 in the environment
/// asks for a narrower one. The same for the life of the process.
[[nodiscard]] VectorTarget vectorTarget();

/// "portable", "avx2", "avx512"
[[nodiscard]] std::string_view nameOf(VectorTarget target);

/// For what a kernel calls in its loops: compiled anew for each target that the kernel is.
#define FEATURESCOPE_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define FEATURESCOPE_TARGET_AVX512 __attribute__((target("arch=x86-64-v4")))
#define FEATURESCOPE_TARGET_AVX2 __attribute__((target("arch=x86-64-v3")))
#else
#define FEATURESCOPE_TARGET_AVX512
#define FEATURESCOPE_TARGET_AVX2
#endif

namespace detail {

template <auto Body>
struct ForEachTarget;

template <class Result, class... Arguments, Result (*Body)(Arguments...)>
struct ForEachTarget<Body> {
  FEATURESCOPE_TARGET_AVX512 static Result avx512(Arguments... arguments) {
    return Body(std::forward<Arguments>(arguments)...);
  }
  FEATURESCOPE_TARGET_AVX2 static Result avx2(Arguments... arguments) {
    return Body(std::forward<Arguments>(arguments)...);
  }
  static Result portable(Arguments... arguments) {
    return Body(std::forward<Arguments>(arguments)...);
  }
};

}  // namespace detail

/// Body(arguments…) in the copy compiled for vectorTarget(). Body and all that it calls in its
/// loops must be FEATURESCOPE_INLINE, so that it is compiled for the target too. Unlike GCC's
/// target_clones this also works under the sanitizers, and a test can choose the target.
template <auto Body, class... Arguments>
auto onTarget(Arguments&&... arguments) {
  using Copies = detail::ForEachTarget<Body>;
  switch (vectorTarget()) {
    case VectorTarget::Avx512:
      return Copies::avx512(std::forward<Arguments>(arguments)...);
    case VectorTarget::Avx2:
      return Copies::avx2(std::forward<Arguments>(arguments)...);
    case VectorTarget::Portable:
      break;
  }
  return Copies::portable(std::forward<Arguments>(arguments)...);
}

}  // namespace featurescope

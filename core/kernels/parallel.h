// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace featurescope {

namespace detail {

/// Calls work(of) on every thread at once, or on the calling one alone. The one place where OpenMP
/// is spoken: whoever includes this header is compiled without it.
void onThreads(bool several, void (*work)(const void* of), const void* of);

}  // namespace detail

/// Fewer elements than this are worked on faster than threads are called.
constexpr std::int64_t kWorthThreads = 1 << 15;

/// Calls body(i) once for each i of [0, count), side by side if `elements`, about how many floats
/// are worked on in all, are worth it. The threads are OpenMP's, as many as LibTorch uses: both
/// stand on the one libgomp of the process, whose idle threads spin for a while and would take the
/// cores from a second pool. (at::parallel_for runs on one thread in whatever is compiled without
/// OpenMP.) Which thread runs which i is not fixed: what body(i) computes may depend on i alone,
/// and then no result depends on the number of threads. body must not throw.
template <class Body>
void parallelFor(std::int64_t count, std::int64_t elements, const Body& body) {
  std::atomic<std::int64_t> next{0};
  const auto work = [&] {
    for (std::int64_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i);
  };
  using Work = decltype(work);
  detail::onThreads(
      count > 1 && elements >= kWorthThreads,
      [](const void* of) { (*static_cast<const Work*>(of))(); }, &work);
}

/// The same over [0, count) in blocks: body(first, end).
template <class Body>
void parallelBlocks(std::int64_t count, std::int64_t block, std::int64_t elements,
                    const Body& body) {
  parallelFor((count + block - 1) / block, elements, [&](std::int64_t i) {
    const std::int64_t first = i * block;
    body(first, first + block < count ? first + block : count);
  });
}

}  // namespace featurescope

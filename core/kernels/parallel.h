// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace featurescope {

namespace detail {

/// One of the threads that work at once.
struct Thread {
  std::int64_t number, of;  ///< 0 ≤ number < of
};

/// Calls work(of, thread) on every thread at once, or on the calling one alone. The one place where
/// OpenMP is spoken: whoever includes this header is compiled without it.
void onThreads(bool several, void (*work)(const void* of, Thread thread), const void* of);

}  // namespace detail

/// Fewer elements than this are worked on faster than threads are called.
constexpr std::int64_t kWorthThreads = 1 << 15;

namespace detail {

/// work(thread) on every thread, if `elements`, about how many floats are worked on, are worth it.
template <class Work>
void onThreadsFor(std::int64_t elements, const Work& work) {
  onThreads(
      elements >= kWorthThreads,
      [](const void* of, Thread thread) { (*static_cast<const Work*>(of))(thread); }, &work);
}

}  // namespace detail

/// Calls body(i) once for each i of [0, count), side by side if `elements`, about how many floats
/// are worked on in all, are worth it. The threads are OpenMP's, as many as LibTorch uses: both
/// stand on the one libgomp of the process, whose idle threads spin for a while and would take the
/// cores from a second pool. (at::parallel_for runs on one thread in whatever is compiled without
/// OpenMP.) Which thread runs which i is not fixed: what body(i) computes may depend on i alone,
/// and then no result depends on the number of threads. body must not throw.
template <class Body>
void parallelFor(std::int64_t count, std::int64_t elements, const Body& body) {
  std::atomic<std::int64_t> next{0};
  detail::onThreadsFor(count > 1 ? elements : 0, [&](detail::Thread) {
    for (std::int64_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i);
  });
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

/// The same over [0, count) in one part a thread, the same one in every call: body(first, end). For
/// what streams through memory: a thread goes straight on where its cache reads ahead.
template <class Body>
void parallelParts(std::int64_t count, std::int64_t elements, const Body& body) {
  detail::onThreadsFor(elements, [&](detail::Thread thread) {
    const std::int64_t first = count * thread.number / thread.of;
    const std::int64_t end = count * (thread.number + 1) / thread.of;
    if (first < end) body(first, end);
  });
}

}  // namespace featurescope

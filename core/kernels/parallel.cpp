// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/parallel.h"

#include <omp.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace featurescope::detail {

namespace {

// OpenMP's own barriers are not instrumented: tell the thread sanitizer of what they order.
#if defined(__SANITIZE_THREAD__)
void announce(void* region) { __tsan_release(region); }
void observe(void* region) { __tsan_acquire(region); }
#else
void announce(void*) {}
void observe(void*) {}
#endif

}  // namespace

void onThreads(bool several, void (*work)(const void* of, Thread thread), const void* of) {
  char region = 0;
  announce(&region);
#pragma omp parallel if (several)
  {
    observe(&region);
    work(of, {omp_get_thread_num(), omp_get_num_threads()});
    announce(&region);
  }
  observe(&region);
}

}  // namespace featurescope::detail

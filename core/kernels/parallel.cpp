// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/parallel.h"

#include "core/base/thread_order.h"

#include <omp.h>

namespace featurescope::detail {

// What the region captures is read before a thread can observe anything: not watched, unlike the
// work.
__attribute__((no_sanitize("thread"))) void onThreads(bool several,
                                                      void (*work)(const void* of, Thread thread),
                                                      const void* of) {
  char region = 0;
  announceOrder(&region);
#pragma omp parallel if (several)
  {
    observeOrder(&region);
    work(of, {omp_get_thread_num(), omp_get_num_threads()});
    announceOrder(&region);
  }
  observeOrder(&region);
}

}  // namespace featurescope::detail

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace featurescope {

/// What one thread did before it announced has happened for each that observes the same address
/// afterwards. This orders nothing: it tells the thread sanitizer of an order that a library which
/// is not instrumented keeps (OpenMP's barriers, Qt's event queue). Nothing in any other build.
#if defined(__SANITIZE_THREAD__)
inline void announceOrder(void* at) { __tsan_release(at); }
inline void observeOrder(void* at) { __tsan_acquire(at); }
#else
inline void announceOrder(void*) {}
inline void observeOrder(void*) {}
#endif

}  // namespace featurescope

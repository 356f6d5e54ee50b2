// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace featurescope::test {

/// Whether this is built with the address or the thread sanitizer, under which everything takes
/// several times as long and memory can't run out softly.
constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace featurescope::test

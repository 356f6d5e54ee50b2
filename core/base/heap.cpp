// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/heap.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace featurescope {

void keepLargeBlocksApart() {
#if defined(__GLIBC__)
  // Setting it ends its growth with the blocks that are freed, which mixes large and small.
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace featurescope {

/// While one lives, tensors of a megabyte and more on the CPU take the memory of those that were
/// freed before. A job allocates the same few sizes batch after batch; taken from the system each
/// time, their pages are cleared each time, a fifth of the processor's time in an index (measured).
/// At most 128 MB wait for their next use; the last one's end gives all of it back.
///
/// Any number may live at once, on any threads. The first one puts an allocator before LibTorch's
/// own for good; without one alive it passes everything on.
class BlockReuse {
 public:
  BlockReuse();
  ~BlockReuse();
  BlockReuse(const BlockReuse&) = delete;
  BlockReuse& operator=(const BlockReuse&) = delete;
};

}  // namespace featurescope

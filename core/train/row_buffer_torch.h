// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/train/saved_state_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

namespace featurescope {

/// The next rows of a stream, float32 [any number ≥ 1, d].
using NextRows = std::function<at::Tensor(const JobContext&)>;

/// Cuts a stream of rows into batches. One thread at a time.
class RowBuffer {
 public:
  virtual ~RowBuffer() = default;

  /// [count, d], the caller's own.
  [[nodiscard]] virtual at::Tensor take(std::int64_t count, const JobContext& job) = 0;
  /// At most `count` rows, at least one, of those first read; before the first take(), which it
  /// does not change.
  [[nodiscard]] virtual at::Tensor sample(std::int64_t count, const JobContext& job) = 0;

  /// All that was read and not taken. Shares the buffer's memory.
  [[nodiscard]] virtual SavedState save() const = 0;
  /// Throws UserError{BadFile} for a state that this buffer cannot have had.
  virtual void restore(const SavedState& state) = 0;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/random.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace featurescope {

/// Draws rows at random from a stream that is too long to hold: keeps a buffer of rows, and when
/// half of it has been drawn, fills it up from the stream. Every row is drawn exactly once.
class ShuffleBuffer {
 public:
  /// `refill` gives the stream's next rows, [any number ≥ 1, d]. Holds at most `capacity` rows;
  /// `wanted`: how many rows will be drawn in all, so that no more than these are read.
  ShuffleBuffer(std::function<at::Tensor(const JobContext&)> refill, std::int64_t capacity,
                std::int64_t wanted, RandomStream random);

  /// [count, d]; count is at most the capacity.
  [[nodiscard]] at::Tensor take(std::int64_t count, const JobContext& job);

 private:
  void fill(const JobContext& job);

  std::function<at::Tensor(const JobContext&)> refill_;
  std::int64_t capacity_, unread_;
  RandomStream random_;
  at::Tensor rows_;                  ///< [capacity, d]
  at::Tensor spare_;                 ///< rows read already that did not fit any more
  std::vector<std::int64_t> free_;   ///< places of rows_ whose row was drawn
  std::vector<std::int64_t> order_;  ///< places in the order of drawing, the next one last
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/train/row_buffer_torch.h"

#include <vector>

namespace featurescope {

/// Draws rows at random from a stream that is too long to hold. When half of the buffer has been
/// drawn, it is filled up again from the stream; the rows for that are read as places fall free, a
/// batch's worth for each batch drawn, so that the stream's work is spread over the steps. Every
/// row is drawn exactly once, and which ones depends on neither how the stream is cut nor how far
/// it is ahead.
class ShuffleBuffer final : public RowBuffer {
 public:
  /// Holds at most `capacity` rows; `wanted`: how many will be drawn in all, so that no more than
  /// these are read. `like` is an empty tensor [0, d] on the stream's device.
  ShuffleBuffer(NextRows nextRows, std::int64_t capacity, std::int64_t wanted, RandomStream random,
                const at::Tensor& like);

  /// `count` is at most the capacity.
  [[nodiscard]] at::Tensor take(std::int64_t count, const JobContext& job) override;
  /// Rows from all over the first filling.
  [[nodiscard]] at::Tensor sample(std::int64_t count, const JobContext& job) override;
  [[nodiscard]] SavedState save() const override;
  void restore(const SavedState& state) override;

 private:
  [[nodiscard]] std::int64_t free() const { return capacity_ - drawable_ - incoming_; }
  [[nodiscard]] std::int64_t firstDrawable() const { return capacity_ - drawable_; }
  void readAhead(std::int64_t count, const JobContext& job);
  [[nodiscard]] bool needsFilling(std::int64_t count) const;
  void fillUp(const JobContext& job);
  std::int64_t readOnce(const JobContext& job);
  void admitIncoming();
  [[nodiscard]] std::vector<std::int64_t> drawPlaces(std::int64_t count);
  void closeGaps(const std::vector<std::int64_t>& drawn);

  NextRows nextRows_;
  std::int64_t capacity_, wanted_;
  std::int64_t unread_;  ///< rows of the stream still to be read
  RandomStream random_;
  /// [capacity, d]: first `incoming_` rows of the next filling in the stream's order, then free
  /// places, at the end `drawable_` rows of this one.
  at::Tensor rows_;
  std::int64_t incoming_ = 0, drawable_ = 0;
  at::Tensor spare_;                  ///< rows read already that do not fit in yet, [any number, d]
  std::vector<std::int64_t> places_;  ///< scratch of drawPlaces
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/row_buffer_torch.h"

#include <vector>

namespace featurescope {

/// Batches in the stream's order.
class OrderedRows final : public RowBuffer {
 public:
  /// `like` is an empty tensor [0, d] on the stream's device.
  OrderedRows(NextRows nextRows, const at::Tensor& like);

  [[nodiscard]] at::Tensor take(std::int64_t count, const JobContext& job) override;
  [[nodiscard]] at::Tensor sample(std::int64_t count, const JobContext& job) override;
  [[nodiscard]] SavedState save() const override;
  void restore(const SavedState& state) override;

 private:
  /// All that is held, at least `count` rows.
  [[nodiscard]] const at::Tensor& read(std::int64_t count, const JobContext& job);

  NextRows nextRows_;
  std::vector<at::Tensor> parts_;  ///< rows read and not taken, at least one part
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ordered_rows_torch.h"
#include "core/train/saved_rows_torch.h"

#include <utility>

namespace featurescope {

OrderedRows::OrderedRows(NextRows nextRows, const at::Tensor& like)
    : nextRows_(std::move(nextRows)), parts_{like} {}

at::Tensor OrderedRows::take(std::int64_t count, const JobContext& job) {
  const at::Tensor held = read(count, job);
  parts_ = {held.narrow(0, count, held.size(0) - count).clone()};
  return held.narrow(0, 0, count).clone();
}

at::Tensor OrderedRows::sample(std::int64_t count, const JobContext& job) {
  return read(count, job).narrow(0, 0, count).clone();
}

const at::Tensor& OrderedRows::read(std::int64_t count, const JobContext& job) {
  std::int64_t held = 0;
  for (const at::Tensor& part : parts_) held += part.size(0);
  while (held < count) {
    parts_.push_back(nextRows_(job));
    held += parts_.back().size(0);
  }
  parts_ = {at::cat(parts_)};
  return parts_.front();
}

SavedState OrderedRows::save() const {
  SavedState state;
  state.tensors["rows"] = at::cat(parts_);
  return state;
}

void OrderedRows::restore(const SavedState& state) {
  const at::Tensor& held = parts_.front();
  parts_ = {savedRows(state, "rows", held.size(1)).to(held.options(), false, /*copy=*/true)};
}

}  // namespace featurescope

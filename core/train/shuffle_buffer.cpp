// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/shuffle_buffer_torch.h"
#include "core/train/shuffled_order.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace featurescope {

namespace {

/// Takes the last `count` numbers away from `places`.
std::vector<std::int64_t> takeLast(std::vector<std::int64_t>& places, std::int64_t count) {
  std::vector<std::int64_t> taken(places.end() - count, places.end());
  places.erase(places.end() - count, places.end());
  return taken;
}

}  // namespace

ShuffleBuffer::ShuffleBuffer(std::function<at::Tensor(const JobContext&)> refill,
                             std::int64_t capacity, std::int64_t wanted, RandomStream random)
    : refill_(std::move(refill)),
      capacity_(std::min(capacity, wanted)),
      unread_(wanted),
      random_(random),
      free_(static_cast<std::size_t>(capacity_)) {
  std::iota(free_.rbegin(), free_.rend(), 0);
}

at::Tensor ShuffleBuffer::take(std::int64_t count, const JobContext& job) {
  const auto held = static_cast<std::int64_t>(order_.size());
  const bool isHalfUsed = held <= capacity_ / 2;
  if (unread_ > 0 && (isHalfUsed || held < count)) fill(job);
  assert(std::ssize(order_) >= count);
  const std::vector<std::int64_t> places = takeLast(order_, count);
  free_.insert(free_.end(), places.begin(), places.end());
  return rows_.index_select(0, at::tensor(places).to(rows_.device()));
}

void ShuffleBuffer::fill(const JobContext& job) {
  while (!free_.empty() && unread_ > 0) {
    const at::Tensor fresh = spare_.defined() ? std::exchange(spare_, {}) : refill_(job);
    if (!rows_.defined()) rows_ = at::empty({capacity_, fresh.size(1)}, fresh.options());
    const std::int64_t kept = std::min({fresh.size(0), std::ssize(free_), unread_});
    const std::vector<std::int64_t> places = takeLast(free_, kept);
    rows_.index_copy_(0, at::tensor(places).to(rows_.device()), fresh.narrow(0, 0, kept));
    order_.insert(order_.end(), places.begin(), places.end());
    if (kept < fresh.size(0)) spare_ = fresh.narrow(0, kept, fresh.size(0) - kept).clone();
    unread_ -= kept;
  }
  shuffle(std::span(order_), random_);
}

}  // namespace featurescope

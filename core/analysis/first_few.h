// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace featurescope {

/// Adds items to a list of the `count` (at least 1) that come first by `isBefore`. Most of a long
/// stream is turned down by one comparison; what is not is gathered and cut back now and then.
template <class Item, class Order>
class FirstFew {
 public:
  /// Goes on with `kept`, which must outlive this.
  FirstFew(std::vector<Item>& kept, std::size_t count, Order isBefore)
      : kept_(kept), count_(count), isBefore_(isBefore) {
    items_.reserve(limit());
    items_.assign(kept.begin(), kept.end());
    cutBack();
  }
  void offer(const Item& item) {
    if (bounded_ && !isBefore_(item, bound_)) return;
    items_.push_back(item);
    if (items_.size() == limit()) cutBack();
  }
  /// Writes them back, in no order.
  void keep() {
    cutBack();
    kept_.assign(items_.begin(), items_.end());
  }

 private:
  [[nodiscard]] std::size_t limit() const { return 3 * count_; }

  void cutBack() {
    bounded_ = items_.size() >= count_;
    if (!bounded_) return;
    const auto last = items_.begin() + static_cast<std::ptrdiff_t>(count_) - 1;
    std::ranges::nth_element(items_, last, isBefore_);
    bound_ = *last;
    items_.resize(count_);
  }

  std::vector<Item>& kept_;
  std::size_t count_;
  Order isBefore_;
  std::vector<Item> items_;
  bool bounded_ = false;  ///< whether `count` items are known, the last of which is bound_
  Item bound_{};
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/token_sample_torch.h"

#include <algorithm>
#include <utility>

namespace featurescope {

void TokenSample::add(const at::Tensor& x, const SparseCode& code, Position first) {
  if (size_ == 0) return;
  for (std::int64_t row = 0; row < code.rows(); ++row) {
    const Position position = first + row;
    const std::uint64_t key = order_.key(position);
    const bool full = heap_.size() == size_;
    if (full && key >= heap_.front().key) continue;
    const auto active =
        std::span(code.indices)
            .subspan(static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row)]));
    const auto count = static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row) + 1] -
                                                code.indptr[static_cast<std::size_t>(row)]);
    Token token{.key = key,
                .position = position,
                .x = x[row].to(at::kCPU, at::kFloat, false, /*copy=*/true),
                .active = {active.begin(), active.begin() + static_cast<std::ptrdiff_t>(count)}};
    if (full) {
      std::ranges::pop_heap(heap_, {}, &Token::key);
      heap_.back() = std::move(token);
    } else {
      heap_.push_back(std::move(token));
    }
    std::ranges::push_heap(heap_, {}, &Token::key);
  }
}

}  // namespace featurescope

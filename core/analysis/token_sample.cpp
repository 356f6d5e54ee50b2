// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/token_sample_torch.h"

#include <algorithm>

namespace featurescope {

void TokenSample::add(const at::Tensor& x, const SparseCode& code, Position first) {
  if (size_ == 0) return;
  const std::int64_t width = x.size(1);
  if (!values_.defined()) values_ = at::empty({static_cast<std::int64_t>(size_), width});
  at::Tensor values;  // of all rows, once one is drawn
  for (std::int64_t row = 0; row < code.rows(); ++row) {
    const std::uint64_t key = order_.key(first + row);
    if (heap_.size() == size_) {
      if (key >= heap_.front().key) continue;
      std::ranges::pop_heap(heap_, {}, &Token::key);
    } else {
      const at::Tensor own = values_[std::ssize(heap_)];
      heap_.emplace_back().x = own;
    }
    Token& token = heap_.back();
    token.key = key;
    token.position = first + row;
    if (!values.defined()) values = x.to(at::kCPU, at::kFloat).contiguous();
    std::copy_n(values.const_data_ptr<float>() + row * width, width,
                token.x.mutable_data_ptr<float>());
    const auto begin = code.indices.begin() + code.indptr[static_cast<std::size_t>(row)];
    const auto end = code.indices.begin() + code.indptr[static_cast<std::size_t>(row) + 1];
    token.active.assign(begin, end);
    std::ranges::push_heap(heap_, {}, &Token::key);
  }
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/sampling_order.h"
#include "core/kernels/sparse_code.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// A uniform random sample of the tokens of a stream, each with its site's value and its active
/// features: what later questions about inactive features are answered from. The `size` tokens that
/// come first in the sampling order; memory in `size`, not in the stream.
class TokenSample {
 public:
  struct Token {
    std::uint64_t key = 0;
    Position position = 0;
    at::Tensor x;                      ///< [width] on the CPU, float32; a row of values_
    std::vector<std::int32_t> active;  ///< ascending
  };

  TokenSample(std::int64_t size, std::uint64_t seed)
      : size_(static_cast<std::size_t>(size)), order_(seed) {}

  /// Row i of x [tokens, width] and of `code` is the token at position first + i.
  void add(const at::Tensor& x, const SparseCode& code, Position first);

  /// In no particular order, but always the same for the same tokens' sample.
  [[nodiscard]] std::span<const Token> tokens() const { return heap_; }

 private:
  std::size_t size_;
  SamplingOrder order_;
  std::vector<Token> heap_;  ///< the last in sampling order at the front
  at::Tensor values_;        ///< [size, width], allocated once
};

}  // namespace featurescope

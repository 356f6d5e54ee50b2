// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"
#include "core/sae/screened_encoder_torch.h"
#include "core/sae/views_torch.h"

#include <numeric>

namespace featurescope {

namespace {

/// What the error bound of screening is proven for.
constexpr std::int64_t kWidestScreened = 1 << 16;

}  // namespace

bool ScreenedEncoder::pays(std::int64_t width) {
  return multipliesBfloat16() && width <= kWidestScreened;
}

ScreenedEncoder::ScreenedEncoder(std::int64_t tokens, std::int64_t features, std::int64_t width)
    : tokens_(at::empty({tokens, width}, at::kBFloat16)),
      columns_(at::empty({features, width}, at::kBFloat16)),
      product_(at::empty({tokens, features}, at::kBFloat16)) {}

void ScreenedEncoder::setColumns(MatrixView<const float> columns) {
  roundRows(columns, bitsOf(columns_), columnBounds_);
}

RoundedCopy ScreenedEncoder::roundedColumns() { return {bitsOf(columns_), columnBounds_}; }

std::int64_t ScreenedEncoder::screen(const at::Tensor& x, std::span<const float> offsets) {
  at::Tensor tokens = tokens_.narrow(0, 0, x.size(0));
  at::Tensor product = product_.narrow(0, 0, x.size(0));
  roundRows(viewOf(x), bitsOf(tokens), tokenBounds_);
  at::mm_out(product, tokens, columns_.t());
  offsets_.assign(offsets.begin(), offsets.end());
  counts_.resize(static_cast<std::size_t>(x.size(0)));
  countCandidates({bitsOf(product), tokenBounds_, columnBounds_, offsets_, x.size(1)}, counts_);
  return std::reduce(counts_.begin(), counts_.end(), std::int64_t{0});
}

void ScreenedEncoder::products(MatrixView<const float> columns, const at::Tensor& x,
                               std::span<const float> biases, SparseMatrix& byFeature) {
  at::Tensor product = product_.narrow(0, 0, x.size(0));
  candidates({bitsOf(product), tokenBounds_, columnBounds_, offsets_, x.size(1)}, counts_,
             candidates_);
  transpose(candidates_, byFeature);
  sampledProducts(byFeature, columns, viewOf(x), biases, byFeature.values);
}

}  // namespace featurescope

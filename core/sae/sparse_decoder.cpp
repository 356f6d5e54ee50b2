// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"
#include "core/sae/sparse_decoder_torch.h"
#include "core/sae/views_torch.h"

namespace featurescope {

namespace {

/// From about this share of active entries on the dense product is faster.
constexpr double kSparseBelow = 0.08;

bool isSparse(const SparseCode& code) {
  const auto entries = static_cast<double>(code.rows() * code.features);
  return static_cast<double>(code.nonZeros()) < kSparseBelow * entries;
}

}  // namespace

at::Tensor toDense(const SparseCode& code) {
  at::Tensor dense = at::zeros({code.rows(), code.features});
  auto* row = dense.mutable_data_ptr<float>();
  for (std::size_t t = 0; t + 1 < code.indptr.size(); ++t, row += code.features) {
    for (auto e = static_cast<std::size_t>(code.indptr[t]);
         e < static_cast<std::size_t>(code.indptr[t + 1]); ++e) {
      row[code.indices[e]] = code.values[e];
    }
  }
  return dense;
}

at::Tensor decode(const Autoencoder& autoencoder, const SparseCode& code, const at::Tensor& x) {
  const AutoencoderParameters& p = autoencoder.parameters();
  if (!isPlainFloat(p.W_dec) || !isPlainFloat(p.b_dec) || !isSparse(code)) {
    return autoencoder.decode(toDense(code).to(p.W_dec.options()), x);
  }
  const SparseMatrix rows{.columns = code.features,
                          .indptr = code.indptr,
                          .indices = code.indices,
                          .values = code.values};
  at::Tensor output = at::empty({code.rows(), autoencoder.width()});
  multiply(rows, viewOf(p.W_dec), spanOf(p.b_dec), viewOf(output));
  return autoencoder.restored(std::move(output), x);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_code.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/screened_encoder_torch.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace featurescope {

/// Autoencoder::encode, sparsely and of any number of tokens: [tokens, M] never exists whole.
/// Screened where that pays (every architecture but topk, few features active), else dense; either
/// way float32's f, but for the order of float32's sums. Holds its working memory; one thread.
class SparseEncoder {
 public:
  /// What a fine-tuning makes of z, ReLU(scale ⊙ z + bias): a number a feature each.
  struct Scaling {
    std::vector<float> scale, bias;
  };

  /// `autoencoder` must outlive this.
  explicit SparseEncoder(const Autoencoder& autoencoder,
                         std::optional<Scaling> scaling = std::nullopt);

  /// Appends f of x [tokens, width] to `code` and, where there is a scaling, what that makes of the
  /// same z to `scaled`. (It needs z of every token, not only where a feature was active: with a
  /// bias > 0 or a scale < 0 a feature fires where z ≤ 0 as well.)
  /// Throws UserError{ShapeMismatch}, and {NotFinite} when x is not finite.
  void encode(const at::Tensor& x, SparseCode& code, SparseCode* scaled = nullptr);

 private:
  void setUpScreening();
  /// False where too many entries may be active; nothing is appended then.
  bool encodeScreened(const at::Tensor& x, SparseCode& code, SparseCode* scaled);
  void encodeWhole(const at::Tensor& x, SparseCode& code, SparseCode* scaled);
  void appendActivated(SparseCode& code) const;
  void appendScaled(SparseCode& code) const;

  const Autoencoder& autoencoder_;
  std::optional<Scaling> scaling_;
  std::int64_t chunk_;  ///< tokens at a time

  std::optional<ScreenedEncoder> screened_;
  bool screens_ = false;                         ///< whether the next chunk is
  at::Tensor columns_;                           ///< W_enc transposed [M, d]
  std::vector<float> offsets_, zeros_;           ///< by feature: of screening; 0
  std::vector<float> biases_, limits_, scales_;  ///< of the architecture's nonlinearity, by feature
  SparseMatrix byFeature_, byToken_;             ///< x W_enc where it was computed
};

}  // namespace featurescope

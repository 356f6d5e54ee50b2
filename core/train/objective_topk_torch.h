// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/dense_pass_torch.h"
#include "core/train/objective_torch.h"

#include <optional>

namespace featurescope {

struct TopKSettings {
  std::int64_t k = 32;              ///< features of a token, or of a token on average
  bool acrossBatch = false;         ///< batch-top-k: the k · tokens largest of the whole batch
  double auxiliaryCoefficient = 0;  ///< of the dead features' loss
};

/// Top-k SAEs (Gao et al. 2024, "Scaling and evaluating sparse autoencoders") and batch-top-k ones
/// (Bussmann et al. 2024, "BatchTopK Sparse Autoencoders"): f = ReLU(z) where z is selected, else
/// 0. Loss: mean ‖x − x̂‖² + α · mean ‖e − ê‖², where e = x − x̂ is taken as given, and ê = a W_dec
/// of the dead features' activations a = ReLU(z), the min(d/2, dead) largest of each token. There
/// is no sparsity term: the coefficient is not used. Across a batch, values equal to the smallest
/// selected are selected too, and that smallest one's moving average (weight of a step 0.01, from
/// the first on) is the threshold for use.
class TopKObjective final : public Objective {
 public:
  TopKObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                const TopKSettings& settings, StepProducts products = {});

  StepLosses run(const AutoencoderParameters& parameters, const at::Tensor& x, double coefficient,
                 const at::Tensor& dead) override;
  [[nodiscard]] AutoencoderParameters& gradients() override { return pass_.gradients(); }
  [[nodiscard]] const at::Tensor& activeTokens() const override { return pass_.activeTokens(); }
  [[nodiscard]] const at::Tensor& tokenErrors() const override { return pass_.tokenErrors(); }

  [[nodiscard]] TrainedAutoencoder trained(const AutoencoderParameters& parameters) const override;
  [[nodiscard]] std::string formula() const override;
  [[nodiscard]] SavedState save() const override;
  void restore(const SavedState& state) override;

 private:
  /// The dead features' part of the loss: rows `features` of W_dec, activations [tokens, dead].
  struct Auxiliary {
    at::Tensor features, activations;
    at::Tensor gradient;  ///< of its loss by ê [tokens, d]
    double loss = 0;
  };

  void selectOfTokens(at::Tensor& z) const;
  void selectAcrossBatch(at::Tensor& z);
  [[nodiscard]] at::Tensor deadActivations(const at::Tensor& z, const at::Tensor& dead,
                                           std::int64_t width) const;
  [[nodiscard]] Auxiliary reconstructError(const AutoencoderParameters& parameters,
                                           at::Tensor features, at::Tensor activations) const;

  DensePass pass_;
  TopKSettings settings_;
  std::optional<double> threshold_;  ///< across a batch, once there was one
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/screen.h"
#include "core/sae/autoencoder_torch.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

/// Figures of one batch: sums over dimensions, means over tokens.
struct StepLosses {
  double reconstruction = 0;  ///< ‖x − x̂‖²
  double l1 = 0;              ///< ‖f‖₁
  double sparsity = 0;        ///< what the coefficient multiplies: l1 where nothing else is said
  double auxiliary = 0;       ///< further terms, as they enter the loss

  [[nodiscard]] double total(double coefficient) const {
    return reconstruction + coefficient * sparsity + auxiliary;
  }
};

/// An SAE to use or save, made of one in training.
struct TrainedAutoencoder {
  AutoencoderParameters parameters;
  Activation activation;
};

/// What training minimises: an architecture's loss and its gradients. Holds the working memory of a
/// step; one thread at a time.
class Objective {
 public:
  virtual ~Objective() = default;

  /// Loss and gradients at x [tokens, d]. `coefficient` weighs the sparsity; `dead` bool [M] are
  /// the features that were dead before this batch. What the getters return is of the last run, in
  /// the same tensors each time.
  virtual StepLosses run(const AutoencoderParameters& parameters, const at::Tensor& x,
                         double coefficient, const at::Tensor& dead) = 0;
  /// Of the total loss, for each defined parameter.
  [[nodiscard]] virtual AutoencoderParameters& gradients() = 0;
  /// [M]: on how many of the batch's tokens each feature was > 0.
  [[nodiscard]] virtual const at::Tensor& activeTokens() const = 0;
  /// ‖x − x̂‖² of each token [tokens].
  [[nodiscard]] virtual const at::Tensor& tokenErrors() const = 0;

  /// Where the optimiser is to keep the encoder's columns [M, d] in bfloat16 when it moves them
  /// after this run: the next one takes them from there. Nothing: nowhere.
  [[nodiscard]] virtual std::optional<RoundedCopy> roundedEncoder() { return std::nullopt; }
  /// To be called when something else than that has changed the parameters.
  virtual void parametersChanged() {}

  /// `parameters` as an SAE in use has them; shares tensors with them where nothing changes.
  [[nodiscard]] virtual TrainedAutoencoder trained(
      const AutoencoderParameters& parameters) const = 0;
  /// The loss in words, for run.json.
  [[nodiscard]] virtual std::string formula() const = 0;

  /// What it knows beyond the parameters.
  [[nodiscard]] virtual SavedState save() const { return {}; }
  virtual void restore(const SavedState& /*state*/) {}
};

/// What a run takes where its settings leave it open, written into them: k, the bandwidth by the
/// first batch x, a fixed coefficient where it is no L1's, and this machine's stepThresholds().
void settleObjective(TrainSettings& settings, const at::Tensor& x, std::int64_t features);

/// The coefficient that a run takes when none is given, and where it comes from: of an L1
/// measuredL1Coefficient(), of the quadratic l0 penalty the mean of ‖x − x̄‖² (so that the loss does
/// not depend on the unit of x; 1 in Rajamanoharan et al., whose x have that norm), else 0.
[[nodiscard]] double measuredCoefficient(Architecture architecture, const at::Tensor& x,
                                         std::int64_t features);
[[nodiscard]] std::string_view measuredCoefficientFrom(Architecture architecture);

/// Defines the parameters that only this architecture has, as they start: thresholds at the
/// bandwidth (as in Rajamanoharan et al.), a gated SAE's r_mag and b_mag at 0.
void addOwnParameters(const TrainSettings& settings, AutoencoderParameters& parameters);

/// The objective of a run with these settings, settled, for parameters of this shape, type and
/// device.
[[nodiscard]] std::unique_ptr<Objective> makeObjective(const TrainSettings& settings,
                                                       const AutoencoderParameters& parameters);

}  // namespace featurescope

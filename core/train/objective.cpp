// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/initial_parameters_torch.h"
#include "core/train/objective_gated_torch.h"
#include "core/train/objective_jumprelu_torch.h"
#include "core/train/objective_topk_torch.h"
#include "core/train/objective_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/step_costs.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

/// ε and the first thresholds, as a share of the root mean square of ‖x − x̄‖. Rajamanoharan et al.
/// take 0.001 for runs of several 100,000 steps; thresholds grow by at most the learning rate, as a
/// share of themselves, a step, and runs here are shorter.
constexpr double kBandwidth = 0.02;

double meanSquaredDeviation(const at::Tensor& x) {
  return (x - x.mean(0)).square().sum(1).mean(at::kDouble).item<double>();
}

/// The CPU's sparse step is the only one that has them.
void settleThresholds(TrainSettings& settings, const at::Tensor& x, std::int64_t features) {
  if (!x.device().is_cpu() || (settings.sparseBelow && settings.screenBelow)) return;
  const StepThresholds measured = stepThresholds(x.size(1), features);
  settings.sparseBelow = settings.sparseBelow.value_or(measured.sparseBelow);
  settings.screenBelow = settings.screenBelow.value_or(measured.screenBelow);
}

StepThresholds thresholdsOf(const TrainSettings& settings) {
  const StepThresholds defaults;
  return {settings.sparseBelow.value_or(defaults.sparseBelow),
          settings.screenBelow.value_or(defaults.screenBelow)};
}

}  // namespace

void settleObjective(TrainSettings& settings, const at::Tensor& x, std::int64_t features) {
  switch (settings.architecture) {
    case Architecture::Standard:
      settleThresholds(settings, x, features);
      return;
    case Architecture::Gated:
      return;
    case Architecture::TopK:
    case Architecture::BatchTopK: {
      const auto target = std::llround(settings.targetL0Of(features));
      settings.k = std::clamp<std::int64_t>(settings.k.value_or(target), 1, features);
      break;
    }
    case Architecture::JumpRelu:
      if (!settings.jumpReluBandwidth) {
        const double scale = std::sqrt(meanSquaredDeviation(x));
        settings.jumpReluBandwidth = scale > 0 ? kBandwidth * scale : kBandwidth;
      }
      break;
  }
  settings.l1Mode = L1Mode::Fixed;
}

double measuredCoefficient(Architecture architecture, const at::Tensor& x, std::int64_t features) {
  switch (architecture) {
    case Architecture::TopK:
    case Architecture::BatchTopK:
      return 0;
    case Architecture::JumpRelu:
      return meanSquaredDeviation(x);
    default:
      return measuredL1Coefficient(x, features);
  }
}

std::string_view measuredCoefficientFrom(Architecture architecture) {
  switch (architecture) {
    case Architecture::TopK:
    case Architecture::BatchTopK:
      return "there is no sparsity loss";
    case Architecture::JumpRelu:
      return "mean ‖x − mean‖² of the first batch";
    default:
      return "2.5 · rms ‖x − mean‖ of the first batch / √M";
  }
}

void addOwnParameters(const TrainSettings& settings, AutoencoderParameters& parameters) {
  if (settings.architecture == Architecture::JumpRelu) {
    parameters.log_threshold =
        at::full_like(parameters.b_enc, std::log(settings.jumpReluBandwidth.value()));
  }
  if (settings.architecture == Architecture::Gated) {
    parameters.r_mag = at::zeros_like(parameters.b_enc);
    parameters.b_mag = at::zeros_like(parameters.b_enc);
  }
}

std::unique_ptr<Objective> makeObjective(const TrainSettings& settings,
                                         const AutoencoderParameters& parameters) {
  const std::int64_t tokens = settings.tokensPerStep();
  const StepProducts products(settings.compute, parameters.W_enc.device());
  switch (settings.architecture) {
    case Architecture::Standard:
      break;
    case Architecture::TopK:
    case Architecture::BatchTopK:
      return std::make_unique<TopKObjective>(
          tokens, parameters,
          TopKSettings{.k = settings.k.value(),
                       .acrossBatch = settings.architecture == Architecture::BatchTopK,
                       .auxiliaryCoefficient = settings.auxiliaryCoefficient},
          products);
    case Architecture::JumpRelu:
      return std::make_unique<JumpReluObjective>(
          tokens, parameters,
          JumpReluSettings{.targetL0 = settings.targetL0Of(parameters.features()),
                           .bandwidth = settings.jumpReluBandwidth.value()},
          products);
    case Architecture::Gated:
      return std::make_unique<GatedObjective>(tokens, parameters, products);
  }
  return std::make_unique<SaeStep>(tokens, parameters, thresholdsOf(settings), products);
}

}  // namespace featurescope

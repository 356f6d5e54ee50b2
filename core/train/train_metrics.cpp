// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_metrics.h"

#include "core/base/csv.h"
#include "core/base/numbers.h"

#include <array>
#include <cstdint>

namespace featurescope {

std::string metricsHeader() {
  static const std::array<std::string, 10> kColumns{
      "step",     "tokens", "loss", "recon_loss", "l1_loss",
      "l1_coeff", "l0",     "dead", "lr",         "tokens_per_second"};
  return csvRow(kColumns);
}

std::string metricsRow(const TrainMetrics& figures) {
  const std::array<std::string, 10> fields{
      std::to_string(figures.step),   std::to_string(figures.tokens),
      shortest(figures.loss),         shortest(figures.reconstructionLoss),
      shortest(figures.l1Loss),       shortest(figures.l1Coefficient),
      shortest(figures.l0),           std::to_string(figures.dead),
      shortest(figures.learningRate), shortest(figures.tokensPerSecond)};
  return csvRow(fields);
}

Json toJson(const TrainMetrics& figures) {
  return {{"steps", figures.step + 1},  {"tokens", figures.tokens},
          {"loss", figures.loss},       {"recon_loss", figures.reconstructionLoss},
          {"l1_loss", figures.l1Loss},  {"l1_coeff", figures.l1Coefficient},
          {"l0", figures.l0},           {"dead", figures.dead},
          {"lr", figures.learningRate}, {"tokens_per_second", figures.tokensPerSecond}};
}

TrainMetrics trainMetricsFromJson(const Json& figures, std::string_view what) {
  if (!figures.is_object()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "its figures are not an object");
  }
  TrainMetrics result;
  result.step = member<std::int64_t>(figures, "steps", what) - 1;
  result.tokens = member<std::int64_t>(figures, "tokens", what);
  result.loss = member<double>(figures, "loss", what);
  result.reconstructionLoss = member<double>(figures, "recon_loss", what);
  result.l1Loss = member<double>(figures, "l1_loss", what);
  result.l1Coefficient = member<double>(figures, "l1_coeff", what);
  result.l0 = member<double>(figures, "l0", what);
  result.dead = member<std::int64_t>(figures, "dead", what);
  result.learningRate = member<double>(figures, "lr", what);
  result.tokensPerSecond = member<double>(figures, "tokens_per_second", what);
  return result;
}

}  // namespace featurescope

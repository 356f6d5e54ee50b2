// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation_json.h"

namespace featurescope {

namespace {

using Figures = nlohmann::ordered_json;

Figures figuresOf(const std::optional<Estimate>& estimate) {
  if (!estimate) return {{"value", nullptr}, {"low", nullptr}, {"high", nullptr}};
  return {{"value", estimate->value}, {"low", estimate->low}, {"high", estimate->high}};
}

Figures figuresOf(const std::optional<double>& value) {
  return value ? Figures(*value) : Figures();
}

}  // namespace

Figures toJson(const EvaluateReport& report) {
  Figures figures{
      {"tokens", report.tokens},
      {"predicted_tokens", report.losses.predicted},
      {"contexts", report.corpus.contexts},
      {"trained_site", report.trainedSite.empty() ? Figures() : Figures(report.trainedSite)},
      {"dropped_tokens", report.corpus.droppedTokens},
      {"loss",
       {{"base", report.losses.base},
        {"sae", report.losses.sae},
        {"zero", report.losses.zero},
        {"mean", report.losses.mean}}},
      {"recovered",
       {{"zero", figuresOf(report.recovered.zero)}, {"mean", figuresOf(report.recovered.mean)}}},
      {"l0", report.l0},
      {"l1_loss", report.l1Loss},
      {"recon_loss", report.reconstructionLoss},
      {"explained_variance", figuresOf(report.explainedVariance)},
      {"cosine", report.cosine},
      {"features", report.features},
      {"dead", report.dead}};
  for (const auto& [layer, sae, zero] : report.layers) {
    figures["layers"].push_back({{"layer", layer.value}, {"sae", sae}, {"zero", zero}});
  }
  for (const FeatureAblation& ablation : report.ablations) {
    figures["ablations"].push_back({{"feature", ablation.feature.value},
                                    {"active_tokens", ablation.activeTokens},
                                    {"loss", report.losses.base + ablation.lossChange},
                                    {"delta", ablation.lossChange},
                                    {"kl", ablation.divergence},
                                    {"delta_active", figuresOf(ablation.lossChangeWhereActive)},
                                    {"kl_active", figuresOf(ablation.divergenceWhereActive)}});
  }
  return figures;
}

LayerLosses layerLossesFromJson(const Json& evaluation, std::string_view what) {
  const auto loss = evaluation.is_object() ? evaluation.find("loss") : evaluation.end();
  if (!evaluation.is_object() || loss == evaluation.end()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "it is no evaluation's JSON",
                    "make one with: featurescope evaluate --layers A-B --json");
  }
  LayerLosses result{.base = member<double>(*loss, "base", what), .layers = {}, .trained = {}};
  const auto site = Site::fromName(memberOr<std::string>(evaluation, "trained_site", "", what));
  if (site) result.trained = site->layer;
  const Json layers = evaluation.value("layers", Json::array());
  if (!layers.is_array()) {
    throw UserError(ErrorCode::BadFile, std::string(what), "its \"layers\" is no list");
  }
  for (const Json& layer : layers) {
    result.layers.push_back({Layer{member<std::int32_t>(layer, "layer", what)},
                             member<double>(layer, "sae", what),
                             member<double>(layer, "zero", what)});
  }
  return result;
}

}  // namespace featurescope

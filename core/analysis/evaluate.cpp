// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluate.h"

#include "core/analysis/feature_ablation_torch.h"
#include "core/analysis/fine_tuning_run.h"
#include "core/base/error.h"
#include "core/lm/block_reuse.h"
#include "core/lm/device_torch.h"
#include "core/sae/feature_scales.h"
#include "core/train/inserted_loss_torch.h"
#include "core/train/sae_fit.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot evaluate the SAE";

Site lastSite(const EvaluateRequest& request) {
  return {request.lastLayer.value_or(request.site.layer), request.site.kind};
}

/// What does not need the weights, so that a mistake is told within a second.
void checkRequest(const EvaluateRequest& request) {
  const CheckpointInfo sae = inspectCheckpoint(request.sae);
  const NeoxConfig config = NeoxConfig::load(request.model);
  if (lastSite(request).layer < request.site.layer) {
    throw UserError(ErrorCode::BadUsage, kWhat, "the last layer lies before the first",
                    "give --layers A-B with A at most B");
  }
  checkFits(sae, config, request.site);
  checkFits(sae, config, lastSite(request));
  for (const FeatureId feature : request.ablations) {
    if (feature.value >= 0 && feature.value < sae.features) continue;
    throw UserError(ErrorCode::OutOfRange, fmt::format("cannot ablate feature {}", feature.value),
                    fmt::format("the SAE has {} features", sae.features),
                    fmt::format("choose from 0 to {}", sae.features - 1));
  }
  if (request.fineTuning && !request.ablations.empty()) {
    throw UserError(ErrorCode::BadUsage, kWhat,
                    "--ablate takes features out of the model as it is, not out of a fine-tuning",
                    "give --ablate or --finetune");
  }
}

at::Tensor vectorOf(const std::vector<float>& values, at::Device device) {
  return at::tensor(values, at::kFloat).to(device);
}

/// The SAE with the scales and biases that a fine-tuning learned.
ReplaceSite replaceByFineTuned(const std::filesystem::path& run, const Autoencoder& autoencoder) {
  const FeatureScales scales = FeatureScales::load(run, autoencoder.features());
  const at::Device device = autoencoder.parameters().W_dec.device();
  return
      [&autoencoder, scale = vectorOf(scales.scale, device), bias = vectorOf(scales.bias, device),
       keepsError = FineTuningRun::load(run).keepsError](const at::Tensor& x) {
        const at::Tensor z = autoencoder.preActivations(x);
        const at::Tensor features = (z * scale + bias).relu();
        at::Tensor output = autoencoder.decode(features, x);
        if (keepsError) output += x - autoencoder.decode(z.relu(), x);
        return replacementOf(features, std::move(output));
      };
}

std::vector<Site> furtherSites(const EvaluateRequest& request) {
  std::vector<Site> sites;
  for (Site site = request.site; site < lastSite(request);) {
    ++site.layer.value;
    sites.push_back(site);
  }
  return sites;
}

ContextLoss meanOver(const ContextLoss& sum) {
  const auto predicted = static_cast<double>(sum.predicted);
  return {.predicted = sum.predicted,
          .base = sum.base / predicted,
          .sae = sum.sae / predicted,
          .zero = sum.zero / predicted,
          .mean = sum.mean / predicted};
}

std::vector<EvaluateReport::AtLayer> layersOf(const InsertedLoss& measured, const Site& first,
                                              const ContextLoss& losses) {
  std::vector<EvaluateReport::AtLayer> layers{{first.layer, losses.sae, losses.zero}};
  layers.reserve(measured.furtherSites.size() + 1);
  for (const auto& [site, sae, zero] : measured.furtherSites) {
    layers.push_back({site.layer, sae, zero});
  }
  return layers;
}

}  // namespace

EvaluateReport evaluate(const EvaluateRequest& request, const JobContext& job) {
  return guarded(kWhat, [&] {
    const at::NoGradGuard noGradients;
    checkRequest(request);
    applyThreads(request.compute);
    const BlockReuse reuse;
    const at::Device device = resolveDevice(request.compute);
    const Tokenizer tokenizer = Tokenizer::load(request.model);
    const Autoencoder autoencoder = Autoencoder::load(request.sae, device);
    const ReplaceSite replace = request.fineTuning
                                    ? replaceByFineTuned(*request.fineTuning, autoencoder)
                                    : replaceBy(autoencoder);
    const LanguageModel model = LanguageModel::open(
        request.model,
        {.device = device, .dtype = resolveDtype(request.compute, device), .upTo = std::nullopt});
    InsertedLossMeter meter(model, tokenizer,
                            {.site = request.site,
                             .furtherSites = furtherSites(request),
                             .corpus = request.corpus,
                             .contextsPerPass = request.batch});
    const InsertedLoss measured = meter.measure(replace, job);
    EvaluateReport report{.corpus = measured.corpus,
                          .trainedSite = autoencoder.info().hookName,
                          .tokens = measured.tokens,
                          .losses = meanOver(measured.total()),
                          .recovered = recoveredLoss(measured.contexts, request.compute.seed),
                          .l0 = measured.figures.l0,
                          .l1Loss = measured.figures.l1Loss,
                          .reconstructionLoss = measured.figures.reconstructionLoss,
                          .cosine = measured.figures.cosine,
                          .explainedVariance = measured.figures.explainedVariance,
                          .features = autoencoder.features(),
                          .dead = measured.figures.dead(),
                          .layers = {},
                          .ablations = {}};
    if (request.lastLayer) report.layers = layersOf(measured, request.site, report.losses);
    if (!request.ablations.empty()) {
      report.ablations =
          ablateFeatures(model, autoencoder, request.site, Corpus(tokenizer, request.corpus),
                         request.batch, request.ablations, job);
    }
    return report;
  });
}

}  // namespace featurescope

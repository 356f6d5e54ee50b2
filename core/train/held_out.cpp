// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/numbers.h"
#include "core/lm/device_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/train/held_out_torch.h"

#include <vector>

namespace featurescope {

namespace {

LanguageModel openWhole(const TrainSettings& settings) {
  const at::Device device = resolveDevice(settings.compute);
  return LanguageModel::open(settings.model,
                             {.device = device, .dtype = resolveDtype(settings.compute, device)});
}

CorpusOptions heldOutCorpus(const TrainSettings& settings) {
  CorpusOptions corpus = settings.corpus;
  corpus.files = settings.heldOut;
  corpus.maxTokens = settings.heldOutTokens;
  return corpus;
}

InsertedLossMeter makeMeter(const LanguageModel& model, const TrainSettings& settings) {
  const Tokenizer tokenizer = Tokenizer::load(settings.model);
  const CorpusOptions corpus = heldOutCorpus(settings);
  // A missing file shows now and not after the first thousands of steps.
  static_cast<void>(Corpus(tokenizer, corpus));
  InsertedLossMeter::Options options;
  options.site = settings.site;
  options.corpus = corpus;
  return {model, tokenizer, options};
}

std::string textOf(const std::optional<double>& figure) {
  return figure ? shortest(*figure) : std::string();
}

template <class T>
Json jsonOf(const std::optional<T>& figure) {
  return figure ? Json(*figure) : Json(nullptr);
}

}  // namespace

std::string heldOutHeader() {
  static const std::vector<std::string> kColumns{
      "step",       "tokens",    "loss_base",          "loss_sae",
      "loss_zero",  "loss_mean", "recovered_zero",     "recovered_mean",
      "recon_loss", "l1_loss",   "explained_variance", "l0",
      "dead"};
  return csvRow(kColumns);
}

std::string heldOutRow(const HeldOutFigures& figures) {
  const std::vector<std::string> fields{
      std::to_string(figures.steps),        std::to_string(figures.tokens),
      shortest(figures.lossBase),           shortest(figures.lossSae),
      shortest(figures.lossZero),           shortest(figures.lossMean),
      textOf(figures.recoveredZero),        textOf(figures.recoveredMean),
      shortest(figures.reconstructionLoss), shortest(figures.l1Loss),
      textOf(figures.explainedVariance),    shortest(figures.l0),
      std::to_string(figures.dead)};
  return csvRow(fields);
}

Json toJson(const HeldOutFigures& figures) {
  return {{"step", figures.steps},
          {"tokens", figures.tokens},
          {"held_out_tokens", figures.counted},
          {"loss_base", figures.lossBase},
          {"loss_sae", figures.lossSae},
          {"loss_zero", figures.lossZero},
          {"loss_mean", figures.lossMean},
          {"recovered_zero", jsonOf(figures.recoveredZero)},
          {"recovered_mean", jsonOf(figures.recoveredMean)},
          {"recon_loss", figures.reconstructionLoss},
          {"l1_loss", figures.l1Loss},
          {"explained_variance", jsonOf(figures.explainedVariance)},
          {"l0", figures.l0},
          {"dead", figures.dead}};
}

HeldOutMeter::HeldOutMeter(const TrainSettings& settings)
    : model_(openWhole(settings)), meter_(makeMeter(model_, settings)) {}

HeldOutFigures HeldOutMeter::measure(const TrainedAutoencoder& trained, const JobContext& job) {
  const Autoencoder autoencoder(trained.parameters, trained.activation);
  const InsertedLoss measured = meter_.measure(replaceBy(autoencoder), job);
  const ContextLoss total = measured.total();
  const auto predicted = static_cast<double>(total.predicted);
  HeldOutFigures figures;
  figures.counted = measured.tokens;
  figures.lossBase = total.base / predicted;
  figures.lossSae = total.sae / predicted;
  figures.lossZero = total.zero / predicted;
  figures.lossMean = total.mean / predicted;
  figures.recoveredZero = recovered(figures.lossZero, figures.lossSae, figures.lossBase);
  figures.recoveredMean = recovered(figures.lossMean, figures.lossSae, figures.lossBase);
  figures.reconstructionLoss = measured.figures.reconstructionLoss;
  figures.l1Loss = measured.figures.l1Loss;
  figures.explainedVariance = measured.figures.explainedVariance;
  figures.l0 = measured.figures.l0;
  figures.dead = measured.figures.dead();
  return figures;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/finite_torch.h"
#include "core/train/token_activations_torch.h"

#include <fmt/format.h>

namespace featurescope {

namespace {

LanguageModel openModel(const TrainSettings& settings) {
  const at::Device device = resolveDevice(settings.compute);
  return LanguageModel::open(
      settings.model,
      {.device = device, .dtype = resolveDtype(settings.compute, device), .upTo = settings.site});
}

}  // namespace

TokenActivations::TokenActivations(const TrainSettings& settings)
    : folder_(settings.model),
      site_(settings.site),
      options_(settings.corpus),
      contexts_(settings.batch),
      model_(openModel(settings)),
      tokenizer_(Tokenizer::load(settings.model)),
      corpus_(tokenizer_, options_) {}

std::int64_t TokenActivations::width() const { return site_.width(model_.config()); }

at::Tensor TokenActivations::next(const JobContext& job) {
  job.throwIfStopped();
  if (!corpus_.next(batch_, contexts_)) startOver(job);
  const at::Tensor tokens = toTorch(batch_, model_);
  at::Tensor values = model_.activations(tokens, site_).to(at::kFloat).flatten(0, 1);
  if (batch_.padded()) {
    values = values.index({realTokens(batch_, values.device()).flatten()});
  }
  if (!allFinite(values)) {
    throw UserError(ErrorCode::NotFinite, "cannot train on " + site_.moduleName(),
                    "the model computed a value there that is not a finite number",
                    "try --dtype float32");
  }
  return values;
}

void TokenActivations::startOver(const JobContext& job) {
  if (passes_ == 1) {
    job.progress.note(
        fmt::format("the texts hold {} tokens, fewer than the run needs: they start over",
                    corpus_.report().tokens));
  }
  ++passes_;
  corpus_ = Corpus(tokenizer_, options_);
  if (!corpus_.next(batch_, contexts_)) {
    throw UserError(ErrorCode::BadText, "cannot read the texts again", "they hold nothing any more",
                    "leave the files as they are while a run reads them");
  }
}

Json TokenActivations::provenance() const {
  Json texts = Json::array();
  for (const std::filesystem::path& file : options_.files) {
    texts.push_back({{"path", std::filesystem::absolute(file).lexically_normal().string()},
                     {"hash", hashFile(file)}});
  }
  return {{"model",
           {{"path", std::filesystem::absolute(folder_).lexically_normal().string()},
            {"hash", ModelFolder::open(folder_).hash()}}},
          {"tokenizer", {{"hash", tokenizer_.hash()}}},
          {"text", std::move(texts)}};
}

Json TokenActivations::report() const {
  const CorpusReport& report = corpus_.report();
  return {{"passes", passes_},
          {"documents", report.documents},
          {"contexts", report.contexts},
          {"dropped_tokens", report.droppedTokens},
          {"empty_documents", report.emptyDocuments}};
}

}  // namespace featurescope

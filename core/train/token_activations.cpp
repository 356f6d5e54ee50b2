// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/finite_torch.h"
#include "core/train/input_hashes.h"
#include "core/train/token_activations_torch.h"

#include <string>
#include <utility>

namespace featurescope {

namespace {

LanguageModel openModel(const TrainSettings& settings) {
  const at::Device device = resolveDevice(settings.compute);
  return LanguageModel::open(
      settings.model,
      {.device = device, .dtype = resolveDtype(settings.compute, device), .upTo = settings.site});
}

}  // namespace

SavedState StreamPosition::save() const {
  SavedState state;
  state.values = {{"passes", passes},
                  {"corpus", toJson(corpus)},
                  {"whole_pass", wholePass ? toJson(*wholePass) : Json(nullptr)}};
  return state;
}

StreamPosition StreamPosition::restored(const SavedState& state) {
  StreamPosition position;
  position.passes = state.value<std::int64_t>("passes");
  position.corpus = corpusCursorFrom(state.values.value("corpus", Json()), SavedState::kWhatFails);
  const Json wholePass = state.values.value("whole_pass", Json());
  if (!wholePass.is_null()) {
    position.wholePass = corpusReportFrom(wholePass, SavedState::kWhatFails);
  }
  if (position.passes < 1 || (position.passes > 1) != position.wholePass.has_value()) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                    "its count of passes over the texts is damaged");
  }
  return position;
}

TokenActivations::TokenActivations(const TrainSettings& settings, std::int64_t contexts)
    : folder_(settings.model),
      site_(settings.site),
      options_(settings.corpus),
      contexts_(contexts),
      model_(openModel(settings)),
      tokenizer_(Tokenizer::load(settings.model)),
      corpus_(tokenizer_, options_) {}

std::int64_t TokenActivations::width() const { return site_.width(model_.config()); }

TokenActivations::Chunk TokenActivations::next() {
  if (!corpus_.next(batch_, contexts_)) startOver();
  at::Tensor values =
      model_.activations(toTorch(batch_, model_), site_).to(at::kFloat).flatten(0, 1);
  if (batch_.padded()) {
    values = values.index({realTokens(batch_, values.device()).flatten()});
  }
  if (!allFinite(values)) {
    throw UserError(ErrorCode::NotFinite, "cannot train on " + site_.moduleName(),
                    "the model computed a value there that is not a finite number",
                    "try --dtype float32");
  }
  position_.corpus = corpus_.cursor();
  return {values, position_};
}

void TokenActivations::startOver() {
  ++position_.passes;
  position_.wholePass = corpus_.report();
  corpus_ = Corpus(tokenizer_, options_);
  if (!corpus_.next(batch_, contexts_)) {
    throw UserError(ErrorCode::BadText, "cannot read the texts again", "they hold nothing any more",
                    "leave the files as they are while a run reads them");
  }
}

void TokenActivations::goTo(const StreamPosition& position) {
  corpus_ = Corpus(tokenizer_, options_);
  corpus_.resume(position.corpus);
  position_ = position;
}

Json TokenActivations::provenance() const {
  return {{"model",
           {{"path", std::filesystem::absolute(folder_).lexically_normal().string()},
            {"hash", ModelFolder::open(folder_).hash()}}},
          {"tokenizer", {{"hash", tokenizer_.hash()}}},
          {"text", fileHashes(options_.files)}};
}

}  // namespace featurescope

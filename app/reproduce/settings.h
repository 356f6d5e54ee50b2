// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/reproduce_request.h"
#include "core/base/json.h"
#include "core/finetune/fine_tune.h"
#include "core/train/train_autoencoder.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace featurescope::reproduction {

/// Where the parts of a reproduction lie.
struct Layout {
  std::filesystem::path root;

  [[nodiscard]] std::filesystem::path settings() const { return root / "reproduce.json"; }
  [[nodiscard]] std::filesystem::path figures() const { return root / "figures"; }
  [[nodiscard]] std::filesystem::path work() const { return root / "work"; }
  [[nodiscard]] std::filesystem::path training() const { return work() / "training"; }
  [[nodiscard]] std::filesystem::path fineTuning() const { return work() / "finetuning"; }
  [[nodiscard]] std::filesystem::path index() const { return work() / "index.sqlite"; }
  [[nodiscard]] std::filesystem::path tunedIndex() const { return work() / "finetuned.sqlite"; }
  [[nodiscard]] std::filesystem::path evaluation() const { return work() / "evaluation.json"; }
  [[nodiscard]] std::filesystem::path wrongLayer() const { return work() / "wrong-layer.json"; }
  [[nodiscard]] std::filesystem::path layers() const { return work() / "layers.json"; }
  [[nodiscard]] std::filesystem::path html() const { return root / "report.html"; }
  [[nodiscard]] std::filesystem::path markdown() const { return root / "report.md"; }
  /// Written last: a reproduction that has it is finished.
  [[nodiscard]] std::filesystem::path json() const { return root / "report.json"; }
};

/// Everything that decides the figures of a reproduction: the paper's settings where nothing else
/// was asked for, and the bundled demo where no model was named.
struct Settings {
  bool demo = false;
  std::filesystem::path model, sae;  ///< sae: a checkpoint, or the training run
  Site site;
  CorpusOptions corpus;  ///< to index and to evaluate on
  Layer firstLayer, lastLayer, wrongLayer;
  std::int64_t layerTokens = 0;  ///< of each layer's loss
  std::vector<FeatureId> features;

  std::filesystem::path trainingRun, fineTuningRun;
  bool trains = true, tunes = true;  ///< the runs are made here, not given
  TrainSettings train;               ///< as they are made; of a given run as it says
  FineTuneSettings tune;
  ComputeOptions compute;
};

/// Throws UserError for inputs that are not what they should be.
[[nodiscard]] Settings settle(const cli::ReproduceRequest& request, const Layout& layout,
                              const ComputeOptions& compute);

/// What must be equal for a reproduction to be gone on with: settings, and hashes of all inputs.
/// Paths are left out. Reads every byte of the inputs.
[[nodiscard]] Json identityOf(const Settings& settings, const JobContext& job);

}  // namespace featurescope::reproduction

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/finetune/measured_losses.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"
#include "core/text/corpus.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace featurescope {

/// Which tokens' loss counts.
enum class LossScope {
  All,         ///< every token but a record's first
  Completion,  ///< those whose last byte belongs to the record's completion
};

/// Where weight decay draws c and d.
enum class DecayToward {
  Zero,     ///< the paper: both to 0
  Initial,  ///< c to 1 and d to 0, where the model is what it was
};

/// Everything that decides a fine-tuning; defaults are the paper's ("Fine-Tuning").
struct FineTuneSettings {
  std::filesystem::path model, sae;
  Site site;
  /// A record a document.
  CorpusOptions corpus{.files = {}, .packing = Packing::Documents, .maxTokens = {}};
  std::filesystem::path out;  ///< the run folder
  bool force = false;

  std::int64_t epochs = 10;
  std::int64_t stepsPerEpoch = 200;
  std::int64_t batch = 8;  ///< records a step
  /// An epoch's records are a subset of stepsPerEpoch · batch (or all there are) drawn by seed
  /// once, in an order drawn anew each time it was used up; without: the files' order, over all
  /// records.
  bool shuffle = true;
  LossScope scope = LossScope::All;
  bool keepError = false;  ///< adds x − SAE(x), taken with c = 1 and d = 0

  double learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weightDecay = 1e-2;  ///< decoupled, as in AdamW
  DecayToward decayToward = DecayToward::Zero;
  double l1Coefficient = 0;  ///< of ‖c − 1‖₁ + ‖d‖₁, added to the loss that is minimised

  double heldOutFraction = 0;  ///< of the records, drawn by seed: measured, never trained on
  std::vector<std::filesystem::path> alsoMeasure;  ///< other texts: did it harm?
  std::int64_t measureTokens = 16'384;             ///< of each text, at most

  std::int64_t logEvery = 10;          ///< steps
  std::int64_t checkpointEvery = 200;  ///< steps
  std::int64_t keepCheckpoints = 2;    ///< the newest; 0: all

  /// Bytes of the model's state at the site to keep in memory for the next epochs; what is beyond
  /// waits on the disk.
  std::int64_t cacheBytes = std::int64_t{2} << 30;
  /// Keeps of each block its input alone and computes the rest once more on the way back.
  bool checkpointActivations = false;
  /// Converts the model's matrices from the mapped file each time they are multiplied, even where
  /// memory would hold them all converted.
  bool streamWeights = false;
  ComputeOptions compute;

  [[nodiscard]] std::int64_t steps() const { return epochs * stepsPerEpoch; }
};

/// Figures of one step, measured on its batch before its update: a row of metrics.csv.
struct FineTuneMetrics {
  std::int64_t step = 0;
  std::int64_t epoch = 0;  ///< from 0
  double loss = 0;         ///< of the language model, nats a counted target
  double learningRate = 0;
};

/// What a finished run came to.
struct FineTuneResult {
  FineTuneMetrics last;
  /// Features whose c ended above and below where weight decay alone leads it, and those whose c
  /// and d ended just there: no counted target depended on them.
  std::int64_t enhanced = 0, inhibited = 0, untouched = 0;
  std::vector<MeasuredLosses> measured;  ///< run.json's "measured"
};

/// The verb `finetune`: writes the run folder of the contract. Runs on the calling thread. Throws
/// UserError; Interrupted after the state was saved, so that resumeFineTuning goes on from it.
FineTuneResult fineTune(const FineTuneSettings& settings, const JobContext& job);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/finetune/fine_tune.h"
#include "core/finetune/fine_tune_estimate.h"
#include "core/finetune/loss_meter_torch.h"
#include "core/finetune/record_order.h"
#include "core/finetune/records.h"
#include "core/finetune/scale_optimiser_torch.h"
#include "core/finetune/scaled_code_torch.h"
#include "core/finetune/site_states_torch.h"
#include "core/sae/feature_scales.h"
#include "core/train/resumable_run_torch.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// One run of the verb `finetune`.
class FineTuner final : public ResumableRun {
 public:
  /// Opens the inputs and reads the texts. Throws what is wrong with them; Interrupted.
  FineTuner(FineTuneSettings settings, const JobContext& job);

  void begin(const JobContext& job) override;
  void restore(const SavedState& state, const JobContext& job) override;
  [[nodiscard]] Json inputs() const override;
  [[nodiscard]] Json description() const override;
  [[nodiscard]] std::vector<RunFolder::Table> tables() const override;
  [[nodiscard]] std::int64_t stepsDone() const override { return optimiser_.stepsDone(); }

  /// As of the last step or, once the run has ended, its end.
  [[nodiscard]] const FineTuneResult& result() const { return result_; }
  [[nodiscard]] FeatureScales scales() const;

  /// From a second or so of steps; the run is worth nothing afterwards.
  [[nodiscard]] FineTuningSpeed measureSpeed(const JobContext& job);

 private:
  /// A step without a trace in a run folder.
  [[nodiscard]] FineTuneMetrics update(const JobContext& job);
  [[nodiscard]] std::string intent() const override;
  void beforeStep(RunFolder& folder, const JobContext& job) override;
  void step(RunFolder& folder, const JobContext& job) override;
  [[nodiscard]] SavedState save() const override;
  void saveCheckpoint(const std::filesystem::path& folder) const override;
  void finish(RunFolder& folder, const JobContext& job) override;

  void readOtherTexts(const JobContext& job);
  /// That every batch has a target, before hours have passed.
  void checkTargets() const;
  [[nodiscard]] std::vector<LossMeter::Text> measuredTexts() const;
  [[nodiscard]] std::string frozenHash() const;
  void countChanges();
  /// Of the steps of this process; null where it made none.
  [[nodiscard]] Json stepsPerSecond() const;

  FineTuneSettings settings_;
  Tokenizer tokenizer_;
  LanguageModel model_;
  Autoencoder autoencoder_;
  Records records_;
  std::vector<Records> otherTexts_;  ///< of --also-measure
  RecordSplit split_;
  RecordOrder order_;
  SiteStates states_;
  LossMeter meter_;
  ScaledCode code_;
  ScaleOptimiser optimiser_;
  std::string frozenAtStart_;
  FineTuneResult result_;
  double seconds_ = 0;  ///< in steps alone, since this process began
  std::int64_t timedSteps_ = 0;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/train/activation_source_torch.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/held_out_torch.h"
#include "core/train/resumable_run_torch.h"
#include "core/train/run_folder.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// One run of the verb `train`.
class TrainingRun final : public ResumableRun {
 public:
  /// Opens the inputs. Throws what is wrong with them.
  explicit TrainingRun(TrainSettings settings);

  /// Measures the first activations and makes fresh parameters.
  void begin(const JobContext& job) override;
  /// Throws as ActivationSource::restore too.
  void restore(const SavedState& state, const JobContext& job) override;
  [[nodiscard]] Json inputs() const override;
  [[nodiscard]] Json description() const override;
  [[nodiscard]] std::vector<RunFolder::Table> tables() const override;
  [[nodiscard]] std::int64_t stepsDone() const override { return trainer_->stepsDone(); }

  /// The last step's figures.
  [[nodiscard]] const TrainMetrics& last() const { return last_; }

  /// begin(), then a second or so of steps that leave no trace: tokens a second. The run is of no
  /// use afterwards.
  [[nodiscard]] double measureSpeed(const JobContext& job);

 private:
  [[nodiscard]] AutoencoderTrainer makeTrainer(AutoencoderParameters parameters) const;
  /// σ and where b_dec starts, as the settings ask for them.
  void measureSample(AutoencoderParameters& parameters, const JobContext& job);
  [[nodiscard]] at::Tensor nextBatch(const JobContext& job);

  [[nodiscard]] std::string intent() const override;
  void beforeStep(RunFolder& folder, const JobContext& job) override;
  void step(RunFolder& folder, const JobContext& job) override;
  [[nodiscard]] SavedState save() const override;
  void saveCheckpoint(const std::filesystem::path& folder) const override;
  void finish(RunFolder& folder, const JobContext& job) override;

  void appendRow(RunFolder& folder);
  void logEvents(RunFolder& folder);
  [[nodiscard]] bool isEvaluationDue() const;

  /// As it is used: in the activations' own units.
  [[nodiscard]] TrainedAutoencoder result() const;
  void saveResult(const std::filesystem::path& folder) const;

  TrainSettings settings_;
  std::unique_ptr<ActivationSource> source_;
  std::optional<HeldOutMeter> heldOut_;
  double scale_ = 1;  ///< σ, which activations are divided by
  double l1Coefficient_ = 0;
  at::Tensor
      firstBatch_;  ///< read ahead, so that what is wrong with it shows before the run starts
  std::optional<AutoencoderTrainer> trainer_;

  TrainMetrics last_;
  double secondsSinceRow_ = 0;  ///< in steps alone, without checkpoints and evaluations
  std::int64_t tokensAtRow_ = 0;
  std::int64_t evaluated_ = 0;  ///< updates made at the last evaluation
};

}  // namespace featurescope

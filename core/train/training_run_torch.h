// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/train/activation_source_torch.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/held_out_torch.h"
#include "core/train/run_folder.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// One training run from its inputs to its result: construct, begin() or restore(), run().
/// One thread at a time, in no-grad mode.
class TrainingRun {
 public:
  /// Opens the inputs. Throws what is wrong with them.
  explicit TrainingRun(TrainSettings settings);
  TrainingRun(const TrainingRun&) = delete;
  TrainingRun& operator=(const TrainingRun&) = delete;

  /// Measures the first activations and makes fresh parameters: from then on the run is at its
  /// step 0. Nothing is written yet.
  void begin(const JobContext& job);
  /// Goes to where save() was called. Throws UserError{BadFile}, and as ActivationSource::restore.
  void restore(const SavedState& state, const JobContext& job);

  /// Everything that comes from a file: paths and hashes.
  [[nodiscard]] Json inputs() const;
  /// run.json at the start: all that decides the run and where it comes from.
  [[nodiscard]] Json description() const;
  /// Of the program and its libraries, as run.json names them.
  [[nodiscard]] static Json versions();
  /// The files of its folder that grow.
  [[nodiscard]] std::vector<RunFolder::Table> tables() const;

  /// The steps that are left, and the result. Ends the run's state in `folder` whatever happens.
  /// Throws UserError, and Interrupted after the state was saved.
  TrainMetrics run(RunFolder& folder, const JobContext& job);

 private:
  [[nodiscard]] AutoencoderTrainer makeTrainer(AutoencoderParameters parameters) const;
  /// σ and where b_dec starts, as the settings ask for them.
  void measureSample(AutoencoderParameters& parameters, const JobContext& job);
  [[nodiscard]] at::Tensor nextBatch(const JobContext& job);
  [[nodiscard]] SavedState save(RunFolder& folder) const;

  /// False when it was stopped before the end.
  [[nodiscard]] bool train(RunFolder& folder, const JobContext& job);
  void step(RunFolder& folder, const JobContext& job);
  void appendRow(RunFolder& folder);
  void logEvents(RunFolder& folder);
  void evaluate(RunFolder& folder, const JobContext& job);
  [[nodiscard]] bool isEvaluationDue() const;
  void checkpoint(RunFolder& folder);
  void finish(RunFolder& folder);
  [[nodiscard]] UserError failed(RunFolder& folder, const UserError& error) const;

  /// As it is used: in the activations' own units.
  [[nodiscard]] TrainedAutoencoder result() const;
  void saveResult(const std::filesystem::path& folder) const;

  TrainSettings settings_;
  std::int64_t steps_;
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
  std::int64_t saved_ = 0;      ///< updates made at the last checkpoint
  std::int64_t evaluated_ = 0;  ///< updates made at the last evaluation
};

}  // namespace featurescope

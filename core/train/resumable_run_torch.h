// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/lm/block_reuse.h"
#include "core/train/run_folder.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_event.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope {

/// A run from its inputs to its result, step by step, in a run folder from which it can go on after
/// an interruption: construct, begin() or restore(), run(). What is one kind's own (its steps, its
/// state, its result) is behind the virtual functions. One thread at a time, in no-grad mode.
class ResumableRun {
 public:
  struct Plan {
    std::int64_t steps = 0;
    std::int64_t checkpointEvery = 0;  ///< steps
    std::int64_t keepCheckpoints = 0;  ///< the newest; 0: all
  };

  explicit ResumableRun(const Plan& plan) : plan_(plan) {}
  virtual ~ResumableRun() = default;
  ResumableRun(const ResumableRun&) = delete;
  ResumableRun& operator=(const ResumableRun&) = delete;

  /// From then on the run is at its step 0. Nothing is written yet.
  virtual void begin(const JobContext& job) = 0;
  /// Goes to where save() was called. Throws UserError{BadFile}.
  virtual void restore(const SavedState& state, const JobContext& job) = 0;
  /// Everything that comes from a file: paths and hashes.
  [[nodiscard]] virtual Json inputs() const = 0;
  /// run.json at the start: all that decides the run and where it comes from.
  [[nodiscard]] virtual Json description() const = 0;
  /// The files of its folder that grow, but for events.jsonl, which every run has.
  [[nodiscard]] virtual std::vector<RunFolder::Table> tables() const = 0;
  /// The updates made.
  [[nodiscard]] virtual std::int64_t stepsDone() const = 0;

  /// The steps that are left, and the result. Ends the run's state in `folder` whatever happens.
  /// Throws UserError, and Interrupted after the state was saved.
  void run(RunFolder& folder, const JobContext& job);

  /// tables() and events.jsonl.
  [[nodiscard]] std::vector<RunFolder::Table> allTables() const;

 protected:
  [[nodiscard]] std::int64_t steps() const { return plan_.steps; }
  /// Adds a line to events.jsonl.
  static void append(RunFolder& folder, const TrainEvent& event);

 private:
  /// What the run is about to do, for its log.
  [[nodiscard]] virtual std::string intent() const = 0;
  /// What is due between the steps, also before the first and after the last.
  virtual void beforeStep(RunFolder& folder, const JobContext& job) = 0;
  virtual void step(RunFolder& folder, const JobContext& job) = 0;
  [[nodiscard]] virtual SavedState save() const = 0;
  /// What people use a checkpoint for.
  virtual void saveCheckpoint(const std::filesystem::path& folder) const = 0;
  /// Writes the result and sets the state.
  virtual void finish(RunFolder& folder, const JobContext& job) = 0;

  /// False when it was stopped before the end.
  [[nodiscard]] bool runSteps(RunFolder& folder, const JobContext& job);
  void checkpoint(RunFolder& folder);
  [[nodiscard]] UserError failed(RunFolder& folder, const UserError& error) const;

  BlockReuse reuse_;  ///< of the memory of one step by the next
  Plan plan_;
  std::int64_t saved_ = 0;  ///< updates made at the last checkpoint
};

/// Of the program and its libraries, as run.json names them.
[[nodiscard]] Json programVersions();

}  // namespace featurescope

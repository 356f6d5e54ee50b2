// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/records.h"

#include <cstdint>
#include <vector>

namespace featurescope {

/// The records of `count`, ascending, that are held out, drawn by seed, and the others.
struct RecordSplit {
  std::vector<RecordId> training, heldOut;

  /// Throws UserError{BadUsage} when one of a fraction above 0 or the rest would be empty.
  static RecordSplit draw(std::int64_t count, double heldOutFraction, std::uint64_t seed);
};

/// Which records a step reads. A function of the settings alone, so that a run that goes on needs
/// no state of it.
class RecordOrder {
 public:
  struct Options {
    std::int64_t batch = 0, stepsPerEpoch = 0;
    bool shuffle = true;
    std::uint64_t seed = 0;
  };

  /// `training`: what there is to read, ascending, at least one.
  RecordOrder(std::vector<RecordId> training, const Options& options);

  /// The records that steps read, ascending: with shuffle the subset that was drawn.
  [[nodiscard]] const std::vector<RecordId>& records() const { return records_; }
  /// Those of a step, in order. Steps are asked for in about ascending order.
  [[nodiscard]] std::vector<RecordId> ofStep(std::int64_t step);

 private:
  /// The `i`-th record that the run reads.
  [[nodiscard]] RecordId at(std::int64_t i);

  Options options_;
  std::vector<RecordId> records_;
  std::vector<RecordId> pass_;  ///< in the order of the pass below
  std::int64_t passNumber_ = -1;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/train/inserted_loss_torch.h"
#include "core/train/objective_torch.h"
#include "core/train/train_autoencoder.h"

#include <cstdint>
#include <optional>
#include <string>

namespace featurescope {

/// What an SAE does to the language model's loss on --held-out, measured while it trains
/// (definitions: contract's). A row of held_out.csv.
struct HeldOutFigures {
  std::int64_t steps = 0;    ///< updates made when it was measured
  std::int64_t tokens = 0;   ///< trained on until then
  std::int64_t counted = 0;  ///< tokens measured on
  double lossBase = 0, lossSae = 0, lossZero = 0, lossMean = 0;
  std::optional<double> recoveredZero, recoveredMean;
  double reconstructionLoss = 0, l1Loss = 0;
  std::optional<double> explainedVariance;
  double l0 = 0;
  std::int64_t dead = 0;  ///< features that no counted token activated
};

/// The header of held_out.csv, a row's end included.
[[nodiscard]] std::string heldOutHeader();
[[nodiscard]] std::string heldOutRow(const HeldOutFigures& figures);
/// By held_out.csv's names.
[[nodiscard]] Json toJson(const HeldOutFigures& figures);

/// Holds a whole language model of its own and measures on the texts of --held-out. One thread at a
/// time.
class HeldOutMeter {
 public:
  /// Throws what opening the model, its tokenizer and the texts throws.
  explicit HeldOutMeter(const TrainSettings& settings);
  HeldOutMeter(const HeldOutMeter&) = delete;
  HeldOutMeter& operator=(const HeldOutMeter&) = delete;

  /// `autoencoder` in the activations' own units; steps and tokens are left to the caller.
  [[nodiscard]] HeldOutFigures measure(const TrainedAutoencoder& autoencoder,
                                       const JobContext& job);

 private:
  LanguageModel model_;
  InsertedLossMeter meter_;
};

}  // namespace featurescope

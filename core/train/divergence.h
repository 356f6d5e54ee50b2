// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

namespace featurescope {

/// Tells a training run that blows up from one that is merely bad. An SAE that learned nothing has
/// the error ‖x‖² or less; one that starts from foreign parameters may start with more. A
/// reconstruction error a thousand times above the largest of these for 20 steps on end is neither
/// a bad batch nor a start: it diverges.
class DivergenceWatch {
 public:
  /// Whether training diverges with this step: its mean ‖x − x̂‖² and mean ‖x‖². A number that is
  /// not finite diverges at once. Where it says yes it remembers nothing of the step.
  [[nodiscard]] bool diverges(double reconstructionLoss, double meanSquaredNorm);

  [[nodiscard]] Json save() const;
  void restore(const Json& state);

 private:
  double scale_ = 0;
  int stepsBeyond_ = 0;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/objective_torch.h"
#include "core/train/sae_step_torch.h"

namespace featurescope {

std::unique_ptr<Objective> makeObjective(const TrainSettings& settings,
                                         const AutoencoderParameters& parameters) {
  return std::make_unique<SaeStep>(settings.tokensPerStep(), parameters);
}

}  // namespace featurescope

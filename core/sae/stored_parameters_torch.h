// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/autoencoder_torch.h"

#include <string>

namespace featurescope {

/// The parameters of a checkpoint as they are stored, each in its own type, only turned to our
/// axes: views of `weights` where nothing had to be turned. A threshold of all features stays a
/// scalar. `what` starts the errors. Throws UserError{NotFinite}.
[[nodiscard]] AutoencoderParameters readStoredParameters(const TensorFile& weights,
                                                         const CheckpointInfo& info,
                                                         const std::string& what);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/neox_config.h"
#include "core/lm/site.h"
#include "core/sae/checkpoint.h"

namespace featurescope {

/// Throws UserError{OutOfRange} when the model has no such site and {ShapeMismatch} when the SAE
/// reads another width than the site has: asked before any weight is read.
void checkFits(const CheckpointInfo& sae, const NeoxConfig& config, const Site& site);

}  // namespace featurescope

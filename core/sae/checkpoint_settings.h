// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/checkpoint.h"

#include <string>

namespace featurescope {

/// Takes architecture, hook name, model name and the use of b_dec from a SAELens cfg.json, of
/// version 6 or of the flat kind before it. Throws UserError{BadFile}, and {Unsupported} for a
/// setting that would change the numbers and is not handled; `what` names the checkpoint in errors.
void readSaeLensSettings(CheckpointInfo& info, const std::string& what);

/// The same of a Neel Nanda `_cfg.json`; an empty one is fine, the architecture is always standard.
void readNeelSettings(CheckpointInfo& info, const std::string& what);

}  // namespace featurescope

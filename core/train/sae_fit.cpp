// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/sae_fit.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace featurescope {

void checkFits(const CheckpointInfo& sae, const NeoxConfig& config, const Site& site) {
  const std::string what = "cannot insert the SAE at " + site.moduleName();
  if (site.layer.value < 0 || site.layer.value >= config.layers) {
    throw UserError(ErrorCode::OutOfRange, what,
                    fmt::format("the model has the layers 0 to {}", config.layers - 1),
                    "choose another --layer");
  }
  const std::int64_t width = site.width(config);
  if (sae.width != width) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("it reads {} values a token, this site has {}", sae.width, width),
                    "choose the model it was trained on, or another --layer/--site; "
                    "`featurescope info SAE` shows what it expects");
  }
}

}  // namespace featurescope

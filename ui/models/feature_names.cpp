// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_names.h"

namespace featurescope {

QString topTokenOf(const FeatureColumns& features, FeatureId feature) {
  // Rows come in the order of ids, unless an index says otherwise.
  const auto guess = static_cast<std::size_t>(feature.value);
  if (guess < features.size() && features.feature(guess) == feature) {
    return features.topTokens[guess];
  }
  for (std::size_t row = 0; row < features.size(); ++row) {
    if (features.feature(row) == feature) return features.topTokens[row];
  }
  return {};
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/top_activations.h"

#include "core/analysis/first_few.h"

#include <algorithm>

namespace featurescope {

TopActivations::TopActivations(std::int64_t features, std::int64_t count)
    : count_(static_cast<std::size_t>(count)), kept_(static_cast<std::size_t>(features)) {}

void TopActivations::add(const CodeByFeature& columns) {
  columns.forEachFeature([&](std::size_t feature, const CodeByFeature::Column& column) {
    FirstFew strongest(kept_[feature], count_,
                       [](const Activation& a, const Activation& b) { return isStronger(a, b); });
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      strongest.offer({column.values[i], columns.first + column.rows[i]});
    }
    strongest.keep();
  });
}

std::vector<TopActivations::Activation> TopActivations::ranked(FeatureId feature) const {
  auto activations = kept_[static_cast<std::size_t>(feature.value)];
  std::ranges::sort(activations, isStronger);
  return activations;
}

}  // namespace featurescope

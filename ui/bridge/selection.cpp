// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/selection.h"

namespace featurescope {

void Selection::reset() {
  history_.clear();
  feature_.reset();
  pin(std::nullopt);
  setBrush(std::nullopt);
}

void Selection::choose(FeatureId feature) {
  history_.visit(feature, clock_());
  show(feature);
}

void Selection::goBack() {
  if (const auto feature = history_.back()) show(*feature);
}

void Selection::goForward() {
  if (const auto feature = history_.forward()) show(*feature);
}

void Selection::show(FeatureId feature) {
  feature_ = feature;
  emit featureChanged(feature);
}

void Selection::pin(std::optional<FeatureId> feature) {
  if (feature == pinned_) return;
  pinned_ = feature;
  emit pinnedChanged();
}

void Selection::setBrush(std::optional<Brush> brush) {
  if (brush == brush_) return;
  brush_ = brush;
  emit brushChanged();
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page.h"

#include <string>

namespace featurescope {

FigureProvenance provenanceOf(const OpenedIndex* opened, std::optional<FeatureId> feature) {
  FigureProvenance of;
  if (opened == nullptr) return of;
  of.assign(opened->provenance.begin(), opened->provenance.end());
  of.emplace_back("index", opened->indexPath.filename().string());
  if (feature) of.emplace_back("feature", std::to_string(feature->value));
  return of;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/navigation_history.h"

namespace featurescope {

void NavigationHistory::visit(FeatureId feature, Time now) {
  if (!visited_.empty() && visited_[current_] == feature) return;
  const bool passedBy = !visited_.empty() && !settled_ && now - since_ < kShortestVisit;
  if (!visited_.empty()) visited_.resize(current_ + 1);
  if (passedBy) visited_.pop_back();
  if (visited_.empty() || visited_.back() != feature) visited_.push_back(feature);
  if (visited_.size() > kMostKept) visited_.erase(visited_.begin());
  current_ = visited_.size() - 1;
  since_ = now;
  settled_ = false;
}

void NavigationHistory::clear() { *this = NavigationHistory(); }

std::optional<FeatureId> NavigationHistory::back() {
  if (!canGoBack()) return std::nullopt;
  settled_ = true;
  return visited_[--current_];
}

std::optional<FeatureId> NavigationHistory::forward() {
  if (!canGoForward()) return std::nullopt;
  settled_ = true;
  return visited_[++current_];
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace featurescope {

/// The features that were visited, to go back and forward through. Features that are only passed,
/// as with an arrow key held down, leave no trace.
class NavigationHistory {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A visit shorter than this was a passing by.
  static constexpr std::chrono::milliseconds kShortestVisit{700};
  static constexpr std::size_t kMostKept = 1000;

  void visit(FeatureId feature, Time now);
  void clear();
  [[nodiscard]] bool canGoBack() const { return current_ > 0; }
  [[nodiscard]] bool canGoForward() const { return current_ + 1 < visited_.size(); }
  std::optional<FeatureId> back();
  std::optional<FeatureId> forward();

 private:
  std::vector<FeatureId> visited_;
  std::size_t current_ = 0;
  Time since_{};
  bool settled_ = true;  ///< the current entry stays, however short the visit
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <chrono>
#include <string>

namespace featurescope::cli {

/// Progress on stderr. On a terminal one line that is redrawn at most ten times a second: a bar,
/// rate and time left; elsewhere a line at most every ten seconds. Quiet: neither, and no notes.
class ProgressDisplay final : public ProgressSink {
 public:
  explicit ProgressDisplay(bool quiet);
  ~ProgressDisplay() override;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void update(const ProgressUpdate& update) override;
  void note(std::string_view sentence) override;
  /// Takes the bar away, before something else is printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::string describe(const ProgressUpdate& update, Clock::time_point now) const;
  [[nodiscard]] std::string bar(const ProgressUpdate& update) const;

  bool quiet_, terminal_;
  bool drawn_ = false;
  std::string stage_;
  std::uint64_t stageBegan_ = 0;  ///< `done` of the stage's first update
  Clock::time_point stageStart_;
  Clock::time_point shown_ = Clock::time_point::min();
};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace featurescope {

/// How far a job is. `total` 0: unknown. Rate and time left are the reader's to derive.
struct ProgressUpdate {
  std::string_view stage;  ///< a few words: "reading text", "training"
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string_view unit;    ///< what is counted: "tokens", "steps"
  std::string_view detail;  ///< a few current figures, may be empty: "loss 0.31 · l0 24.1"
};

/// Where a job tells how it goes. Called from the job's thread, often; implementations must be
/// quick and throttle what they show.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void update(const ProgressUpdate& update) = 0;
  /// A sentence a person should see and the log should keep ("dropped 31 tokens at the end").
  virtual void note(std::string_view sentence) = 0;
};

/// Says nothing.
class SilentProgress final : public ProgressSink {
 public:
  void update(const ProgressUpdate&) override {}
  void note(std::string_view) override {}
};

/// What every job is given: a way to be stopped and a place to report to.
struct JobContext {
  std::stop_token stop;
  ProgressSink& progress;

  /// Throws Interrupted when a stop was requested; jobs call it between units of work.
  void throwIfStopped(const std::string& resume = {}) const {
    if (stop.stop_requested()) throw Interrupted(resume);
  }
};

}  // namespace featurescope

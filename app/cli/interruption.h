// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace featurescope::cli {

/// Ctrl-C and SIGTERM, heard by a thread that waits for them: the first asks the work to stop, a
/// second ends the program at once. Construct it before any other thread exists; one a process.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// 128 + the signal that came, or 128 + SIGINT while none did.
  [[nodiscard]] int exitStatus() const;

  /// For a verb that waits for input and has nothing to save: the first signal ends the program.
  void endAtOnce() { endAtOnce_ = true; }
  /// Gives the signals their usual effect again, for a program that takes this one's place.
  static void restoreDefaults();

 private:
  void watch();

  std::stop_source source_;
  std::atomic<int> signal_ = 0;
  std::atomic<bool> endAtOnce_ = false;
  std::atomic<bool> closing_ = false;
  std::thread watcher_;
};

}  // namespace featurescope::cli

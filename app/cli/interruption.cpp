// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/interruption.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

namespace featurescope::cli {

namespace {

constexpr int kEndOfWatch = SIGUSR1;  ///< our own, to the watching thread

sigset_t ourSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, kEndOfWatch);
  return signals;
}

[[noreturn]] void endBy(int signal) {
  constexpr const char* kLastLine =
      "featurescope: interrupted: nothing was changed (run the same command again)\n";
  if (::write(STDERR_FILENO, kLastLine, std::strlen(kLastLine)) < 0) ::_exit(128 + signal);
  ::_exit(128 + signal);
}

}  // namespace

// The signals are blocked in every thread and fetched by one, so that what happens on a signal is
// ordinary code and not a signal handler.
Interruption::Interruption() {
  const sigset_t signals = ourSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::thread([this] { watch(); });
}

Interruption::~Interruption() {
  closing_ = true;
  ::pthread_kill(watcher_.native_handle(), kEndOfWatch);
  watcher_.join();
}

int Interruption::exitStatus() const {
  const int signal = signal_;
  return 128 + (signal == 0 ? SIGINT : signal);
}

void Interruption::restoreDefaults() {
  const sigset_t signals = ourSignals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Interruption::watch() {
  using Clock = std::chrono::steady_clock;
  // `timeout` and the like send one to the process and one to its group.
  constexpr auto kEcho = std::chrono::milliseconds(500);
  const sigset_t signals = ourSignals();
  Clock::time_point first;
  int signal = 0;
  while (::sigwait(&signals, &signal) == 0 && !closing_) {
    if (signal == kEndOfWatch) continue;
    if (endAtOnce_) endBy(signal);
    if (signal_ == 0) {
      signal_ = signal;
      first = Clock::now();
      source_.request_stop();
    } else if (Clock::now() - first > kEcho) {
      std::signal(signal, SIG_DFL);
      restoreDefaults();
      std::raise(signal);
    }
  }
}

}  // namespace featurescope::cli

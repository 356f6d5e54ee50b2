// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/progress_display.h"

#include "app/cli/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unistd.h>

namespace featurescope::cli {

namespace {

using namespace std::chrono_literals;

void toStderr(std::string_view text) {
  // Nobody can be told when stderr itself fails.
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// 950, 12.3k, 4.56M: at most five characters.
std::string counted(double number) {
  constexpr std::array<const char*, 4> kUnits = {"", "k", "M", "G"};
  std::size_t unit = 0;
  while (number >= 999.5 && unit + 1 < kUnits.size()) {
    number /= 1000;
    ++unit;
  }
  if (unit == 0 && number == std::floor(number)) return fmt::format("{:.0f}", number);
  const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", number, decimals, kUnits[unit]);
}

/// 0:07, 12:30, 3:04:59
std::string clockTime(double seconds) {
  const auto whole = std::llround(std::min(seconds, 359'999.0));
  const auto hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace

ProgressDisplay::ProgressDisplay(bool quiet)
    : quiet_(quiet), terminal_(isTerminal(STDERR_FILENO)) {}

ProgressDisplay::~ProgressDisplay() { clear(); }

void ProgressDisplay::update(const ProgressUpdate& update) {
  if (quiet_) return;
  const Clock::time_point now = Clock::now();
  if (stage_ != update.stage) {
    stage_ = update.stage;
    stageBegan_ = update.done;
    stageStart_ = now;
  }
  const auto pause = terminal_ ? Clock::duration(100ms) : Clock::duration(10s);
  if (shown_ != Clock::time_point::min() && now - shown_ < pause) return;
  shown_ = now;
  const std::string line = describe(update, now);
  if (terminal_) {
    toStderr(
        fmt::format("\r{}\x1b[K", fittedTo(terminalWidth(STDERR_FILENO) - 1, bar(update) + line)));
    drawn_ = true;
  } else {
    toStderr("featurescope: " + line + "\n");
  }
}

void ProgressDisplay::note(std::string_view sentence) {
  if (quiet_) return;
  clear();
  toStderr(fmt::format("featurescope: {}\n", sentence));
}

void ProgressDisplay::clear() {
  if (drawn_) toStderr("\r\x1b[K");
  drawn_ = false;
}

std::string ProgressDisplay::bar(const ProgressUpdate& update) const {
  if (update.total == 0) return {};
  const std::size_t cells = terminalWidth(STDERR_FILENO) < 110 ? 10 : 20;
  const double fraction =
      std::min(1.0, static_cast<double>(update.done) / static_cast<double>(update.total));
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(cells));
  std::string text;
  for (std::size_t cell = 0; cell < cells; ++cell) text += cell < full ? "█" : "░";
  return fmt::format("{} {:3.0f}%  ", text, std::floor(fraction * 100));
}

std::string ProgressDisplay::describe(const ProgressUpdate& update, Clock::time_point now) const {
  std::string line(update.stage);
  if (update.done > 0 || update.total > 0) {
    line += fmt::format(": {}", counted(static_cast<double>(update.done)));
    if (update.total > 0) line += fmt::format(" of {}", counted(static_cast<double>(update.total)));
    if (!update.unit.empty()) line += fmt::format(" {}", update.unit);
  }
  const double seconds = std::chrono::duration<double>(now - stageStart_).count();
  const auto done = static_cast<double>(update.done - std::min(update.done, stageBegan_));
  if (done > 0 && seconds > 0) {
    const double rate = done / seconds;
    line += fmt::format(" · {} {}/s", counted(rate), update.unit);
    if (update.total > update.done) {
      line += fmt::format(" · {} left",
                          clockTime(static_cast<double>(update.total - update.done) / rate));
    }
  }
  if (!update.detail.empty()) line += fmt::format(" · {}", update.detail);
  return line;
}

}  // namespace featurescope::cli

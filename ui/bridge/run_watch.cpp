// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/run_watch.h"

#include "core/study/interrupted_runs.h"
#include "ui/bridge/hand_over.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace featurescope {

namespace {

constexpr int kLookEveryMilliseconds = 1000;

}  // namespace

RunWatch::RunWatch(QObject* parent) : QObject(parent) {
  timer_.setInterval(kLookEveryMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &RunWatch::look);
}

void RunWatch::setRuns(const std::vector<std::filesystem::path>& runs,
                       const std::filesystem::path& folder) {
  thread_.add([this, runs, folder] {
    named_ = runs;
    folder_ = folder;
    watchThere(runs);
  });
  emit listed(runs);
  if (runs.empty() && folder.empty()) {
    timer_.stop();
  } else {
    timer_.start();
    look();
  }
}

void RunWatch::watchThere(const std::vector<std::filesystem::path>& runs) {
  all_ = runs;
  std::erase_if(watched_, [&](const auto& entry) {
    return std::ranges::find(runs, entry.first) == runs.end();
  });
  for (const std::filesystem::path& run : runs) {
    if (!watched_.contains(run)) watched_.emplace(run, Watched{RunFollower(run)});
  }
}

/// Runs that appeared in the folder, after those that were named.
void RunWatch::findThere() {
  if (folder_.empty()) return;
  std::vector<std::filesystem::path> runs = named_;
  for (const std::filesystem::path& run : runFoldersIn(folder_)) {
    if (std::ranges::find(runs, run) == runs.end()) runs.push_back(run);
  }
  if (runs == all_) return;
  watchThere(runs);
  handOver(this, [this, runs] { emit listed(runs); });
}

void RunWatch::expect(const std::filesystem::path& run) {
  thread_.add([this, run] {
    expected_.insert(run);
    announced_.insert(run);
  });
}

void RunWatch::announce(const std::filesystem::path& run) {
  thread_.add([this, run] { announced_.insert(run); });
}

void RunWatch::look() {
  if (std::exchange(looking_, true)) return;
  thread_.add([this] {
    lookThere();
    handOver(this, [this] { looking_ = false; });
  });
}

void RunWatch::lookThere() {
  findThere();
  for (auto& [run, watched] : watched_) {
    std::error_code error;
    if (expected_.contains(run) && !std::filesystem::exists(run / "run.json", error)) continue;
    try {
      if (!watched.follower.refresh()) continue;
      watched.failing = false;
      handOver(this, [this, record = watched.follower.record(), first = announced_.erase(run) > 0] {
        emit changed(record);
        if (first) emit began(record);
      });
    } catch (...) {
      const Failure failure = currentFailure("cannot read the run " + run.string());
      if (std::exchange(watched.failing, true)) continue;
      handOver(this, [this, path = run, failure] { emit failed(path, failure); });
    }
  }
}

}  // namespace featurescope

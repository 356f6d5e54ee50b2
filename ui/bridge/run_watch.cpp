// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/run_watch.h"

#include "ui/bridge/paths.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

constexpr int kLookEveryMilliseconds = 1000;

}  // namespace

RunWatch::RunWatch(QObject* parent) : QObject(parent) {
  timer_.setInterval(kLookEveryMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &RunWatch::look);
}

void RunWatch::setRuns(const std::vector<std::filesystem::path>& runs) {
  thread_.post([this, runs] {
    std::erase_if(watched_, [&](const auto& entry) {
      return std::find(runs.begin(), runs.end(), entry.first) == runs.end();
    });
    for (const std::filesystem::path& run : runs) {
      if (!watched_.contains(run)) watched_.emplace(run, Watched{RunFollower(run)});
    }
  });
  emit listed(runs);
  if (runs.empty()) {
    timer_.stop();
  } else {
    timer_.start();
    look();
  }
}

void RunWatch::look() {
  if (std::exchange(looking_, true)) return;
  thread_.post([this] {
    lookThere();
    QMetaObject::invokeMethod(
        this, [this] { looking_ = false; }, Qt::QueuedConnection);
  });
}

void RunWatch::lookThere() {
  for (auto& [run, watched] : watched_) {
    try {
      if (!watched.follower.refresh()) continue;
      watched.failing = false;
      QMetaObject::invokeMethod(
          this, [this, record = watched.follower.record()] { emit changed(record); },
          Qt::QueuedConnection);
    } catch (...) {
      const Failure failure = currentFailure("cannot read the run " + run.string());
      if (std::exchange(watched.failing, true)) continue;
      QMetaObject::invokeMethod(
          this, [this, path = run, failure] { emit failed(path, failure); }, Qt::QueuedConnection);
    }
  }
}

}  // namespace featurescope

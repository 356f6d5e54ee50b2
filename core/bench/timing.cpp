// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/timing.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <numeric>

namespace featurescope {

namespace {

/// How long a quick work is repeated before the next has its turn.
constexpr double kTurnSeconds = 0.1;

double secondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// One work's turn. What ran before has left the caches full of its own: of a quick work the first
/// repetition does not count.
void takeTurn(const std::function<void()>& work, std::vector<double>& seconds,
              const JobContext& job) {
  job.throwIfStopped();
  const double first = secondsOf(work);
  if (first > kTurnSeconds / 4) {
    seconds.push_back(first);
    return;
  }
  double spent = 0;
  while (spent < kTurnSeconds) {
    seconds.push_back(secondsOf(work));
    spent += seconds.back();
  }
}

double atShare(const std::vector<double>& ascending, double share) {
  assert(!ascending.empty());
  const auto last = static_cast<double>(ascending.size() - 1);
  return ascending[static_cast<std::size_t>(std::lround(share * last))];
}

bool isMeasured(const std::vector<double>& seconds, const TimingBudget& budget) {
  return seconds.size() >= static_cast<std::size_t>(std::max(1, budget.least)) &&
         std::accumulate(seconds.begin(), seconds.end(), 0.0) >= budget.seconds;
}

}  // namespace

double Timing::median() const { return atShare(seconds, 0.5); }
double Timing::low() const { return atShare(seconds, 0.1); }
double Timing::high() const { return atShare(seconds, 0.9); }

std::vector<Timing> timeInTurns(std::span<const std::function<void()>> works,
                                const TimingBudget& budget, const JobContext& job) {
  for (const auto& work : works) {
    for (int i = 0; i < budget.warmUps; ++i) {
      job.throwIfStopped();
      work();
    }
  }
  std::vector<Timing> timings(works.size());
  for (bool measuring = true; measuring;) {
    measuring = false;
    for (std::size_t i = 0; i < works.size(); ++i) {
      if (isMeasured(timings[i].seconds, budget)) continue;
      takeTurn(works[i], timings[i].seconds, job);
      measuring = true;
    }
  }
  for (Timing& timing : timings) std::sort(timing.seconds.begin(), timing.seconds.end());
  return timings;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/feature_activity_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace featurescope {
namespace {

TEST(FeatureActivity, CountsAsDeadWhatNoneOfTheLastStepsActivated) {
  constexpr std::int64_t kFeatures = 5, kWindow = 3;
  // Which features each step activates; the definition is then counted out by hand.
  const std::vector<std::set<std::int64_t>> steps{{0}, {0, 1}, {}, {2}, {0}, {}, {}, {1}, {}};
  FeatureActivity activity(kFeatures, kWindow, at::kCPU);
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const at::Tensor active = at::zeros({kFeatures});
    for (const std::int64_t feature : steps[t])
      active[feature] = 1 + feature;  // one token is enough
    activity.add(active);
    const std::size_t looked = std::min<std::size_t>(t + 1, kWindow);
    std::set<std::int64_t> alive;
    for (std::size_t s = t + 1 - looked; s <= t; ++s)
      alive.insert(steps[s].begin(), steps[s].end());
    EXPECT_EQ(activity.deadCount(), kFeatures - static_cast<std::int64_t>(alive.size())) << t;
    for (std::int64_t feature = 0; feature < kFeatures; ++feature) {
      EXPECT_EQ(activity.dead()[feature].item<bool>(), !alive.contains(feature)) << t;
    }
  }
}

}  // namespace
}  // namespace featurescope

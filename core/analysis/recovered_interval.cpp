// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/recovered_interval.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace featurescope {

namespace {

constexpr int kResamples = 2000;

/// Collects what resamples give; those in which ablating costs nothing give nothing.
class Resampled {
 public:
  Resampled() { values_.reserve(kResamples); }
  void add(std::optional<double> value) {
    if (value) values_.push_back(*value);
  }
  [[nodiscard]] std::optional<Estimate> around(std::optional<double> value) {
    if (!value || values_.empty()) return std::nullopt;
    std::ranges::sort(values_);
    return Estimate{*value, quantile(values_, 0.025), quantile(values_, 0.975)};
  }

 private:
  std::vector<double> values_;
};

}  // namespace

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

RecoveredLoss recoveredLoss(std::span<const ContextLoss> contexts, std::uint64_t seed) {
  if (contexts.empty()) return {};
  RandomStream random(seed, "bootstrap over contexts");
  Resampled zero, mean;
  for (int resample = 0; resample < kResamples; ++resample) {
    ContextLoss sum;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      const ContextLoss& drawn = contexts[random.below(contexts.size())];
      sum.base += drawn.base;
      sum.sae += drawn.sae;
      sum.zero += drawn.zero;
      sum.mean += drawn.mean;
    }
    zero.add(recovered(sum.zero, sum.sae, sum.base));
    mean.add(recovered(sum.mean, sum.sae, sum.base));
  }
  const ContextLoss total = sumOf(contexts);
  return {.zero = zero.around(recovered(total.zero, total.sae, total.base)),
          .mean = mean.around(recovered(total.mean, total.sae, total.base))};
}

}  // namespace featurescope

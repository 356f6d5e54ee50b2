// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/bench_kinds.h"
#include "core/bench/programs_torch.h"
#include "core/lm/device_torch.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

/// The largest difference of a feature's strongest values, relative to its strongest; infinite
/// where a feature is active on other numbers of tokens by more than rounding at zero explains.
double differenceOf(const IndexCollectors& ours, const DenseIndex& dense) {
  double largest = 0;
  const at::Tensor strongest = dense.strongest().t().cpu().contiguous();
  const std::int64_t top = strongest.size(1);
  for (std::int64_t f = 0; f < strongest.size(0); ++f) {
    const auto ranked = ours.top().ranked(FeatureId{static_cast<std::int32_t>(f)});
    const float* expected = strongest.const_data_ptr<float>() + f * top;
    for (std::int64_t rank = 0; rank < top; ++rank) {
      const auto at = static_cast<std::size_t>(rank);
      const double value = at < ranked.size() ? static_cast<double>(ranked[at].value) : 0;
      const double scale = std::max(static_cast<double>(expected[0]), 1e-3);
      largest = std::max(largest, std::abs(value - static_cast<double>(expected[rank])) / scale);
    }
  }
  return largest;
}

}  // namespace

std::vector<Throughput> benchIndex(const BenchRequest& request, const JobContext& job,
                                   std::vector<Agreement>& agreements) {
  constexpr std::int64_t kTop = 20;
  const RandomProblem problem = RandomProblem(request.indexTokens, request.width, request.features,
                                              request.active, request.compute.seed)
                                    .on(resolveDevice(request.compute));
  const IndexedStream stream(problem, request.vocabulary);
  const auto amount = static_cast<double>(request.indexTokens);
  OurIndex ours(stream);
  DenseIndex dense(stream, kTop);
  std::vector<BenchWork> works{{"encode and index", "tokens", amount, [&] { ours.build(); }}};
  if (request.againstDense) {
    works.push_back({"dense top 20", "tokens", amount, [&] { dense.build(); }});
  }
  std::vector<Throughput> throughputs = measure(BenchKind::Index, works, request, job);
  if (request.againstDense) {
    agreements.push_back({.kind = BenchKind::Index,
                          .of = "each feature's 20 strongest activations",
                          .compared = request.features,
                          .largestRelativeDifference = differenceOf(ours.collected(), dense)});
  }
  return throughputs;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_neighbours_torch.h"
#include "core/kernels/parallel.h"
#include "core/lm/linear_torch.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

constexpr std::int64_t kBlockRows = 256;

/// The `count` largest of one feature's cosines with all, its own and NaN left out.
std::vector<SimilarFeature> largest(std::span<const float> cosines, FeatureId own,
                                    std::int64_t count) {
  struct Candidate {
    float cosine;
    std::int32_t feature;
  };
  const auto isNearer = [](const Candidate& a, const Candidate& b) {
    return a.cosine != b.cosine ? a.cosine > b.cosine : a.feature < b.feature;
  };
  std::vector<Candidate> heap;  // the farthest at the front
  float least = -std::numeric_limits<float>::infinity();
  for (std::int32_t f = 0; std::cmp_less(f, cosines.size()); ++f) {
    const Candidate candidate{cosines[static_cast<std::size_t>(f)], f};
    // Ids grow, so a cosine that only equals the least one ranks behind it. False for NaN, too.
    if (!(candidate.cosine > least) || f == own.value) continue;
    if (std::ssize(heap) == count) {
      std::ranges::pop_heap(heap, isNearer);
      heap.back() = candidate;
    } else {
      heap.push_back(candidate);
    }
    std::ranges::push_heap(heap, isNearer);
    if (std::ssize(heap) == count) least = heap.front().cosine;
  }
  std::ranges::sort_heap(heap, isNearer);
  std::vector<SimilarFeature> result;
  result.reserve(heap.size());
  for (const auto& [cosine, feature] : heap) {
    // Rounding may lift the cosine of equal directions above 1.
    result.push_back({FeatureId{feature}, std::clamp(static_cast<double>(cosine), -1.0, 1.0)});
  }
  return result;
}

std::span<const float> rowOf(const at::Tensor& matrix, std::int64_t row) {
  return {matrix.const_data_ptr<float>() + row * matrix.size(1),
          static_cast<std::size_t>(matrix.size(1))};
}

}  // namespace

FeatureNeighbours::FeatureNeighbours(const at::Tensor& rows) {
  const at::Tensor values = rows.to(at::kFloat).contiguous();
  const at::Tensor norms = values.norm(2, {1}, /*keepdim=*/true);
  unitRows_ = at::where(norms > 0, values / norms,
                        at::full({}, std::numeric_limits<float>::quiet_NaN(), values.options()));
}

std::vector<SimilarFeature> FeatureNeighbours::nearest(FeatureId feature,
                                                       std::int64_t count) const {
  const at::Tensor cosines =
      unitRows_.mv(unitRows_[feature.value]).to(at::kCPU).contiguous().view({1, -1});
  return largest(rowOf(cosines, 0), feature, count);
}

void FeatureNeighbours::forEach(std::int64_t count, const JobContext& job,
                                const Visit& visit) const {
  for (std::int64_t first = 0; first < unitRows_.size(0); first += kBlockRows) {
    job.throwIfStopped();
    const std::int64_t rows = std::min(kBlockRows, unitRows_.size(0) - first);
    const at::Tensor cosines =
        linearLayer(unitRows_.narrow(0, first, rows), unitRows_, {}).to(at::kCPU).contiguous();
    const auto idOf = [first](std::int64_t row) {
      return FeatureId{static_cast<std::int32_t>(first + row)};
    };
    std::vector<std::vector<SimilarFeature>> nearest(static_cast<std::size_t>(rows));
    parallelFor(rows, cosines.numel(), [&](std::int64_t row) {
      nearest[static_cast<std::size_t>(row)] = largest(rowOf(cosines, row), idOf(row), count);
    });
    for (std::int64_t row = 0; row < rows; ++row) {
      visit(idOf(row), std::move(nearest[static_cast<std::size_t>(row)]));
    }
  }
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace featurescope {

/// A feature whose row points in a similar direction.
struct SimilarFeature {
  FeatureId feature;
  double cosine = 0;
};

/// The features of most similar direction: `rows` [M, d] holds one row a feature (W_dec, or W_enc
/// transposed). Largest cosine first, equal ones by id, without the feature itself; a row of length
/// 0 has no direction and is near nothing. Computed in float32 from unit rows: cosines are right to
/// about 1e-6.
class FeatureNeighbours {
 public:
  explicit FeatureNeighbours(const at::Tensor& rows);

  /// Of one feature: one product [M, d]·[d], milliseconds at M = 32768.
  [[nodiscard]] std::vector<SimilarFeature> nearest(FeatureId feature, std::int64_t count) const;

  using Visit = std::function<void(FeatureId feature, std::vector<SimilarFeature> nearest)>;
  /// Of every feature in turn, from blocked products: 2·M²·d operations, one block of [256, M].
  void forEach(std::int64_t count, const JobContext& job, const Visit& visit) const;

 private:
  at::Tensor unitRows_;  ///< NaN where a row has no direction
};

}  // namespace featurescope

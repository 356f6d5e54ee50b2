// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_reader_state.h"
#include "core/store/position_set.h"
#include "core/store/search_query.h"

#include <memory>
#include <vector>

namespace featurescope {

/// Finds where a condition holds, one stretch of the corpus after another.
class SearchEvaluator {
 public:
  virtual ~SearchEvaluator() = default;

  /// Adds to `hits`, which is empty, the positions in [hits.begin(), hits.end()) where the
  /// condition holds. Stretches consist of whole sequences and only move forward. Where `within` is
  /// given, only its positions need to be right.
  virtual void evaluate(PositionSet& hits, const PositionSet* within) = 0;
  /// Is it dear enough to be asked last, within what others left?
  [[nodiscard]] virtual bool isDear() const { return false; }
};

/// For the positions from `from` on. Adds to `cut` the features that cannot be searched exactly.
/// Throws what IndexReader::search does.
[[nodiscard]] std::unique_ptr<SearchEvaluator> makeEvaluator(const SearchCondition& condition,
                                                             const IndexReader& reader,
                                                             IndexReader::State& state,
                                                             Position from,
                                                             std::vector<CutFeature>& cut);

}  // namespace featurescope

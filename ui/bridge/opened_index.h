// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"
#include "core/study/study.h"
#include "ui/bridge/feature_columns.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// What an opened path holds. A study without an index has an empty `indexPath` and no features.
/// Immutable, shared between threads.
struct OpenedIndex {
  std::optional<Study> study;       ///< of which the index is a part
  std::filesystem::path indexPath;  ///< absolute
  std::shared_ptr<const FeatureColumns> features;
  std::int64_t tokens = 0;  ///< tokens counted
  Provenance provenance;
  std::filesystem::path notesFile;  ///< where the notes on it are kept

  [[nodiscard]] bool hasFeatures() const { return features != nullptr; }
};

/// One of a feature's examples with the tokens around it.
struct ActivationRow {
  ActivationRecord activation;
  ContextRecord context;
  std::vector<float> values;  ///< the feature's at each token of the context; 0 where not active
};

/// All that the feature page shows of one feature.
struct FeaturePageData {
  FeatureRecord feature;
  std::int64_t tokens = 0;                 ///< tokens counted in the index
  std::vector<ActivationRow> activations;  ///< the strongest
  std::vector<ActivationRow> quantiles, random, nearMisses;
  std::vector<HistogramBin> histogram;
  std::vector<FeatureTokenRecord> firesOn;
  LogitTokens logits;
  std::array<std::vector<Neighbour>, 4> neighbours;  ///< by NeighbourRelation
  /// Values up to here may be missing in `values`: the index keeps only stronger ones.
  double completeAbove = 0;

  [[nodiscard]] const std::vector<ActivationRow>& examples(ExampleKind kind) const {
    switch (kind) {
      case ExampleKind::Quantile:
        return quantiles;
      case ExampleKind::Random:
        return random;
      case ExampleKind::NearMiss:
        return nearMisses;
      default:
        return activations;
    }
  }
};

/// Much text around one position, on demand.
struct WideContext {
  FeatureId feature;
  Position position = 0;
  ActivationRow row;  ///< with an activation record that says no more than the position
};

}  // namespace featurescope

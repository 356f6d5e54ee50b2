// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"
#include "core/study/study.h"
#include "ui/bridge/feature_columns.h"

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

  [[nodiscard]] bool hasFeatures() const { return features != nullptr; }
};

/// One of a feature's top activations with the tokens around it.
struct ActivationRow {
  ActivationRecord activation;
  ContextRecord context;
};

/// All that the feature page shows of one feature.
struct FeaturePageData {
  FeatureRecord feature;
  std::int64_t tokens = 0;  ///< tokens counted in the index
  std::vector<ActivationRow> activations;
};

}  // namespace featurescope

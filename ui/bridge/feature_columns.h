// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"

#include <QString>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace featurescope {

/// The columns of the feature table, in their first order. Scale and Shift (c and d) only have
/// values after a fine-tuning.
enum class FeatureColumn {
  Feature,
  Density,
  ActiveTokens,
  Max,
  Mean,
  TopToken,
  CosineToDead,
  DecoderNorm,
  EncoderBias,
  Scale,
  Shift,
};
inline constexpr std::size_t kFeatureColumnCount = 11;

/// Every feature of an index, column by column: row i of each vector is one feature. Immutable once
/// built, so threads may share it.
struct FeatureColumns {
  /// Indexed by FeatureColumn. A missing value is NaN; a top token is its rank among the sorted
  /// tokens, so that every column sorts as a number.
  std::array<std::vector<double>, kFeatureColumnCount> values;
  std::vector<QString> topTokens;
  std::vector<std::uint8_t> dead;
  bool fineTuned = false;
  double largestDensity = 0, largestMax = 0;
  std::int64_t deadCount = 0;

  [[nodiscard]] std::size_t size() const { return topTokens.size(); }
  [[nodiscard]] double value(FeatureColumn column, std::size_t row) const {
    return values[static_cast<std::size_t>(column)][row];
  }
  [[nodiscard]] const std::vector<double>& of(FeatureColumn column) const {
    return values[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] FeatureId feature(std::size_t row) const {
    return FeatureId{static_cast<std::int32_t>(value(FeatureColumn::Feature, row))};
  }

  /// Takes records in any order.
  static FeatureColumns from(const std::vector<FeatureRecord>& records, bool fineTuned);
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"
#include "core/study/notes.h"

#include <QString>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace featurescope {

/// The columns of the feature table, in their first order. Those with "FineTuned", Scale and Shift
/// (c and d) only have values after a fine-tuning.
enum class FeatureColumn {
  Bookmark,
  Feature,
  Label,
  Density,
  ActiveTokens,
  Max,
  Mean,
  TopToken,
  TopTokenShare,
  CosineToDead,
  EncoderCosineToDead,
  DecoderNorm,
  EncoderNorm,
  EncoderBias,
  Scale,
  Shift,
  DensityFineTuned,
  MaxFineTuned,
  MeanFineTuned,
};
inline constexpr std::size_t kFeatureColumnCount = 19;

/// Every feature of an index, column by column: row i of each vector is one feature. Only notes
/// change once it is built; a copy is what another thread may have.
struct FeatureColumns {
  /// Indexed by FeatureColumn. A missing value is NaN; a text is its rank among the sorted texts of
  /// its column, so that every column sorts as a number.
  std::array<std::vector<double>, kFeatureColumnCount> values;
  std::vector<QString> topTokens, labels;
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
  /// The text of Label or TopToken.
  [[nodiscard]] const QString& text(FeatureColumn column, std::size_t row) const {
    return column == FeatureColumn::Label ? labels[row] : topTokens[row];
  }
  [[nodiscard]] FeatureId feature(std::size_t row) const {
    return FeatureId{static_cast<std::int32_t>(value(FeatureColumn::Feature, row))};
  }
  /// Whether this index knows the column at all.
  [[nodiscard]] bool has(FeatureColumn column) const;

  /// Labels and bookmarks, all of them anew.
  void setNotes(const FeatureNotes& notes);

  /// Takes records in any order; without notes. `tokens`: counted in the index; 0, not known,
  /// leaves DensityFineTuned without values.
  static FeatureColumns from(const std::vector<FeatureRecord>& records, bool fineTuned,
                             std::int64_t tokens = 0);
};

}  // namespace featurescope

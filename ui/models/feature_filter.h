// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

#include <QString>

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace featurescope {

/// What one column must be: a range for numbers, a part of the text for labels and top tokens.
struct ColumnCondition {
  FeatureColumn column = FeatureColumn::Density;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool lowIncluded = true, highIncluded = true;
  QString contains;  ///< of a text column only

  bool operator==(const ColumnCondition&) const = default;
};

/// Reads "density > 0.2%", "max <= 9", "id = 204", "density 0.1%..2%", "token:the", "label:king"
/// (spaces do not matter; a % divides by 100; a column's name may be cut short). Nothing when it is
/// no condition.
[[nodiscard]] std::optional<ColumnCondition> parseCondition(const QString& text);

/// As a person would type it; parseCondition reads it back.
[[nodiscard]] QString describe(const ColumnCondition& condition);

/// Which features are shown. All conditions must hold; an empty filter shows every feature.
struct FeatureFilter {
  QString text;  ///< digits: the id begins with them; anything else: in the label or top token
  std::vector<ColumnCondition> conditions;
  bool hideDead = false;
  bool bookmarked = false;  ///< only those

  [[nodiscard]] bool isEmpty() const {
    return text.isEmpty() && conditions.empty() && !hideDead && !bookmarked;
  }
  bool operator==(const FeatureFilter&) const = default;
};

/// The rows of `columns` that pass, ascending.
[[nodiscard]] std::vector<std::int32_t> matchingRows(const FeatureColumns& columns,
                                                     const FeatureFilter& filter);

}  // namespace featurescope

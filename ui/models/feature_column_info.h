// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

#include <QString>

#include <optional>

namespace featurescope {

/// What a column of the feature table is called and means.
struct FeatureColumnInfo {
  QString header;       ///< in the table's head
  QString csvName;      ///< in CSV and TSV, and in typed filters: the command line's column
  QString explanation;  ///< its definition, for a tool tip
  bool isText = false;
};

[[nodiscard]] const FeatureColumnInfo& info(FeatureColumn column);

/// The column a person names: by its header, its csvName, or the beginning of just one of them.
/// "bias" is the header's.
[[nodiscard]] std::optional<FeatureColumn> columnNamed(const QString& name);

/// The column with exactly this csvName.
[[nodiscard]] std::optional<FeatureColumn> columnWithCsvName(const QString& name);

/// A row's value as the table shows it: a dash where there is none.
[[nodiscard]] QString displayValue(const FeatureColumns& columns, FeatureColumn column,
                                   std::size_t row);

/// A row's value for files and the clipboard: '.' decimals that read back as the same number.
[[nodiscard]] QString plainValue(const FeatureColumns& columns, FeatureColumn column,
                                 std::size_t row);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_order.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace featurescope {
namespace {

/// A column as numbers whose ascending order is the key's: so the comparison itself is one `<`.
std::vector<double> ascending(const FeatureColumns& columns, const SortKey& key) {
  std::vector<double> values = columns.of(key.column);
  for (double& value : values) {
    if (std::isnan(value)) {
      value = std::numeric_limits<double>::infinity();
    } else if (key.descending) {
      value = -value;
    }
  }
  return values;
}

}  // namespace

void sortRows(const FeatureColumns& columns, std::span<const SortKey> keys,
              std::vector<std::int32_t>& rows) {
  std::vector<std::vector<double>> ranked;
  ranked.reserve(keys.size() + 1);
  for (const SortKey& key : keys) ranked.push_back(ascending(columns, key));
  ranked.push_back(columns.of(FeatureColumn::Feature));

  // The first key lies beside its row while sorting: most comparisons need nothing else.
  struct Entry {
    double first;
    std::int32_t row;
  };
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (const std::int32_t row : rows) {
    entries.push_back({ranked[0][static_cast<std::size_t>(row)], row});
  }
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.first != b.first) return a.first < b.first;
    for (std::size_t key = 1; key < ranked.size(); ++key) {
      const double left = ranked[key][static_cast<std::size_t>(a.row)];
      const double right = ranked[key][static_cast<std::size_t>(b.row)];
      if (left != right) return left < right;
    }
    return false;
  });
  std::transform(entries.begin(), entries.end(), rows.begin(),
                 [](const Entry& entry) { return entry.row; });
}

}  // namespace featurescope

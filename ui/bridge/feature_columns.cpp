// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/feature_columns.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace featurescope {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Equal tokens share a rank; no token is a missing value.
std::vector<double> ranksOf(const std::vector<QString>& tokens) {
  std::vector<std::size_t> order(tokens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return tokens[a] < tokens[b]; });
  std::vector<double> ranks(tokens.size(), kMissing);
  double rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && tokens[order[i]] != tokens[order[i - 1]]) ++rank;
    if (!tokens[order[i]].isEmpty()) ranks[order[i]] = rank;
  }
  return ranks;
}

}  // namespace

FeatureColumns FeatureColumns::from(const std::vector<FeatureRecord>& records, bool fineTuned) {
  FeatureColumns columns;
  columns.fineTuned = fineTuned;
  for (auto& values : columns.values) values.reserve(records.size());
  columns.topTokens.reserve(records.size());
  columns.dead.reserve(records.size());
  const auto append = [&](FeatureColumn column, double value) {
    columns.values[static_cast<std::size_t>(column)].push_back(value);
  };
  for (const FeatureRecord& record : records) {
    append(FeatureColumn::Feature, record.feature.value);
    append(FeatureColumn::Density, record.density);
    append(FeatureColumn::ActiveTokens, static_cast<double>(record.activeTokens));
    append(FeatureColumn::Max, record.max);
    append(FeatureColumn::Mean, record.meanActive);
    append(FeatureColumn::CosineToDead, record.cosineToDead.value_or(kMissing));
    append(FeatureColumn::DecoderNorm, record.decoderNorm);
    append(FeatureColumn::EncoderBias, record.encoderBias);
    append(FeatureColumn::Scale, record.scale.value_or(kMissing));
    append(FeatureColumn::Shift, record.bias.value_or(kMissing));
    columns.topTokens.push_back(QString::fromStdString(record.topToken));
    columns.dead.push_back(record.dead ? 1 : 0);
    columns.deadCount += record.dead ? 1 : 0;
    columns.largestMax = std::max(columns.largestMax, record.max);
    columns.largestDensity = std::max(columns.largestDensity, record.density);
  }
  columns.values[static_cast<std::size_t>(FeatureColumn::TopToken)] = ranksOf(columns.topTokens);
  return columns;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/feature_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace featurescope {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Equal texts share a rank; no text is a missing value.
std::vector<double> ranksOf(const std::vector<QString>& texts) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].isEmpty()) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return texts[a] < texts[b]; });
  std::vector<double> ranks(texts.size(), kMissing);
  double rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && texts[order[i]] != texts[order[i - 1]]) ++rank;
    ranks[order[i]] = rank;
  }
  return ranks;
}

template <class Number>
double orMissing(const std::optional<Number>& value) {
  return value ? static_cast<double>(*value) : kMissing;
}

/// Of the top token's activations among all of the feature's.
double topTokenShare(const FeatureRecord& record) {
  if (!record.topTokenCount || record.activeTokens == 0) return kMissing;
  return static_cast<double>(*record.topTokenCount) / static_cast<double>(record.activeTokens);
}

double densityFineTuned(const FeatureRecord& record, std::int64_t tokens) {
  if (!record.activeTokensFineTuned || tokens <= 0) return kMissing;
  return static_cast<double>(*record.activeTokensFineTuned) / static_cast<double>(tokens);
}

}  // namespace

bool FeatureColumns::has(FeatureColumn column) const {
  switch (column) {
    case FeatureColumn::Scale:
    case FeatureColumn::Shift:
      return fineTuned;
    case FeatureColumn::TopTokenShare:
    case FeatureColumn::EncoderCosineToDead:
    case FeatureColumn::EncoderNorm:
    case FeatureColumn::DensityFineTuned:
    case FeatureColumn::MaxFineTuned:
    case FeatureColumn::MeanFineTuned:
      return std::any_of(of(column).begin(), of(column).end(),
                         [](double value) { return !std::isnan(value); });
    default:
      return true;
  }
}

void FeatureColumns::setNotes(const FeatureNotes& notes) {
  auto& bookmarks = values[static_cast<std::size_t>(FeatureColumn::Bookmark)];
  for (std::size_t row = 0; row < size(); ++row) {
    const auto found = notes.find(feature(row));
    if (found == notes.end()) {
      labels[row].clear();
      bookmarks[row] = kMissing;
    } else {
      labels[row] = QString::fromStdString(found->second.label);
      bookmarks[row] = found->second.bookmarked ? 1 : kMissing;
    }
  }
  values[static_cast<std::size_t>(FeatureColumn::Label)] = ranksOf(labels);
}

FeatureColumns FeatureColumns::from(const std::vector<FeatureRecord>& records, bool fineTuned,
                                    std::int64_t tokens) {
  FeatureColumns columns;
  columns.fineTuned = fineTuned;
  for (auto& values : columns.values) values.reserve(records.size());
  columns.topTokens.reserve(records.size());
  columns.dead.reserve(records.size());
  const auto append = [&](FeatureColumn column, double value) {
    columns.values[static_cast<std::size_t>(column)].push_back(value);
  };
  for (const FeatureRecord& record : records) {
    append(FeatureColumn::Bookmark, kMissing);
    append(FeatureColumn::Feature, record.feature.value);
    append(FeatureColumn::Density, record.density);
    append(FeatureColumn::ActiveTokens, static_cast<double>(record.activeTokens));
    append(FeatureColumn::Max, record.max);
    append(FeatureColumn::Mean, record.meanActive);
    append(FeatureColumn::TopTokenShare, topTokenShare(record));
    append(FeatureColumn::CosineToDead, orMissing(record.cosineToDead));
    append(FeatureColumn::EncoderCosineToDead, orMissing(record.encoderCosineToDead));
    append(FeatureColumn::DecoderNorm, record.decoderNorm);
    append(FeatureColumn::EncoderNorm, orMissing(record.encoderNorm));
    append(FeatureColumn::EncoderBias, record.encoderBias);
    append(FeatureColumn::Scale, orMissing(record.scale));
    append(FeatureColumn::Shift, orMissing(record.bias));
    append(FeatureColumn::DensityFineTuned, densityFineTuned(record, tokens));
    append(FeatureColumn::MaxFineTuned, orMissing(record.maxFineTuned));
    append(FeatureColumn::MeanFineTuned, orMissing(record.meanActiveFineTuned));
    columns.topTokens.push_back(QString::fromStdString(record.topToken));
    columns.dead.push_back(record.dead ? 1 : 0);
    columns.deadCount += record.dead ? 1 : 0;
    columns.largestMax = std::max(columns.largestMax, record.max);
    columns.largestDensity = std::max(columns.largestDensity, record.density);
  }
  columns.labels.resize(records.size());
  columns.values[static_cast<std::size_t>(FeatureColumn::Label)].resize(records.size(), kMissing);
  columns.values[static_cast<std::size_t>(FeatureColumn::TopToken)] = ranksOf(columns.topTokens);
  return columns;
}

}  // namespace featurescope

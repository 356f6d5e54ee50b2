// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_column_info.h"

#include "core/base/numbers.h"
#include "ui/models/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace featurescope {

const FeatureColumnInfo& info(FeatureColumn column) {
  static const std::array<FeatureColumnInfo, kFeatureColumnCount> kInfos{{
      {"★", "bookmark", "Bookmarked: press b, or click here"},
      {"id", "feature", "The feature: a column of W_enc and a row of W_dec, from 0"},
      {"label", "label", "What a person calls it", true},
      {"density", "density", "Tokens that activate the feature / tokens counted"},
      {"active tokens", "active_tokens", "Tokens whose feature value is above 0"},
      {"max", "max", "The largest value over all tokens counted"},
      {"mean", "mean_active", "The mean value over the tokens that activate it"},
      {"top token", "top_token", "The token of the strongest activation", true},
      {"on top token", "top_token_share", "Share of its activating tokens that are the top token"},
      {"cos dead", "cosine_to_dead",
       "Cosine of its decoder row with the mean decoder row of the dead features"},
      {"enc cos dead", "encoder_cosine_to_dead",
       "Cosine of its encoder column with the mean encoder column of the dead features"},
      {"norm", "decoder_norm", "Length of its decoder row"},
      {"enc norm", "encoder_norm", "Length of its encoder column"},
      {"bias", "encoder_bias", "Its encoder bias, b_enc"},
      {"scale", "scale", "c after fine-tuning: z becomes ReLU(c·z + d)"},
      {"shift", "bias", "d after fine-tuning: z becomes ReLU(c·z + d)"},
      {"density FT", "density_ft", "Its density on the same text after fine-tuning"},
      {"max FT", "max_ft", "Its largest value on the same text after fine-tuning"},
      {"mean FT", "mean_active_ft",
       "Its mean value over the tokens that activate it after fine-tuning"},
  }};
  return kInfos[static_cast<std::size_t>(column)];
}

std::optional<FeatureColumn> columnNamed(const QString& name) {
  const QString wanted = name.trimmed().toLower();
  if (wanted.isEmpty()) return std::nullopt;
  std::vector<FeatureColumn> beginnings;
  for (std::size_t i = 0; i < kFeatureColumnCount; ++i) {
    const auto column = static_cast<FeatureColumn>(i);
    const FeatureColumnInfo& named = info(column);
    if (column == FeatureColumn::Bookmark) continue;  // a filter of its own
    const QString header = named.header.toLower();
    if (header == wanted) return column;
    if (header.startsWith(wanted) || named.csvName.startsWith(wanted)) {
      beginnings.push_back(column);
    }
  }
  if (const auto column = columnWithCsvName(wanted)) return column;
  // "dens" means density, though "density FT" begins so too.
  const bool one = !beginnings.empty() && std::ranges::all_of(beginnings, [&](FeatureColumn each) {
    return info(each).header.startsWith(info(beginnings.front()).header);
  });
  return one ? std::optional(beginnings.front()) : std::nullopt;
}

std::optional<FeatureColumn> columnWithCsvName(const QString& name) {
  for (std::size_t i = 0; i < kFeatureColumnCount; ++i) {
    const auto column = static_cast<FeatureColumn>(i);
    if (info(column).csvName == name) return column;
  }
  return std::nullopt;
}

QString displayValue(const FeatureColumns& columns, FeatureColumn column, std::size_t row) {
  const double value = columns.value(column, row);
  const bool dead = columns.dead[row] != 0;
  switch (column) {
    case FeatureColumn::Bookmark:
      return std::isnan(value) ? QString() : QStringLiteral("★");
    case FeatureColumn::Label:
      return columns.labels[row];
    case FeatureColumn::Feature:
      return QString::number(static_cast<std::int64_t>(value));
    case FeatureColumn::Density:
    case FeatureColumn::TopTokenShare:
      return dead ? QString(kDash) : formatPercent(value);
    case FeatureColumn::DensityFineTuned:
      return formatPercent(value);
    case FeatureColumn::ActiveTokens:
      return dead ? QString(kDash) : formatCount(static_cast<std::int64_t>(value));
    case FeatureColumn::Max:
    case FeatureColumn::Mean:
      return dead ? QString(kDash) : formatValue(value, decimalsFor(columns.largestMax));
    case FeatureColumn::MaxFineTuned:
    case FeatureColumn::MeanFineTuned:
      return formatValue(value, decimalsFor(columns.largestMax));
    case FeatureColumn::TopToken:
      return dead ? QString(kDash) : columns.topTokens[row];
    case FeatureColumn::CosineToDead:
    case FeatureColumn::EncoderCosineToDead:
    case FeatureColumn::EncoderBias:
    case FeatureColumn::Shift:
      return formatSigned(value);
    case FeatureColumn::DecoderNorm:
    case FeatureColumn::EncoderNorm:
    case FeatureColumn::Scale:
      return formatValue(value);
  }
  return {};
}

QString plainValue(const FeatureColumns& columns, FeatureColumn column, std::size_t row) {
  if (info(column).isText) return columns.text(column, row);
  const double value = columns.value(column, row);
  return std::isnan(value) ? QString() : QString::fromStdString(shortest(value));
}

}  // namespace featurescope

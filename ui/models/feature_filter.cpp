// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_filter.h"

#include "core/base/numbers.h"
#include "ui/models/feature_column_info.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace featurescope {
namespace {

/// "0.2%" as 0.002.
std::optional<double> parseNumber(QString text) {
  text = text.trimmed();
  text.replace(QChar(0x2212), QLatin1Char('-'));
  const bool percent = text.endsWith(QLatin1Char('%'));
  if (percent) text.chop(1);
  bool ok = false;
  const double value = text.remove(QLatin1Char(',')).toDouble(&ok);
  if (!ok || !std::isfinite(value)) return std::nullopt;
  return percent ? value / 100 : value;
}

QString numberText(FeatureColumn column, double value) {
  const bool share = column == FeatureColumn::Density || column == FeatureColumn::TopTokenShare ||
                     column == FeatureColumn::DensityFineTuned;
  if (!share) return QString::fromStdString(shortest(static_cast<float>(value)));
  return QString::fromStdString(shortest(static_cast<float>(value * 100))) + QLatin1Char('%');
}

std::optional<ColumnCondition> parseRange(FeatureColumn column, const QString& low,
                                          const QString& high) {
  const auto from = parseNumber(low);
  const auto to = parseNumber(high);
  if (!from || !to || *from > *to) return std::nullopt;
  return ColumnCondition{.column = column, .low = *from, .high = *to, .contains = {}};
}

std::optional<ColumnCondition> parseComparison(FeatureColumn column, const QString& comparison,
                                               const QString& text) {
  const auto value = parseNumber(text);
  if (!value) return std::nullopt;
  ColumnCondition condition{.column = column, .contains = {}};
  const bool below = comparison.startsWith(QLatin1Char('<'));
  const bool above = comparison.startsWith(QLatin1Char('>'));
  const bool included = comparison.size() == 2 || !(below || above);
  if (!below) {
    condition.low = *value;
    condition.lowIncluded = included;
  }
  if (!above) {
    condition.high = *value;
    condition.highIncluded = included;
  }
  return condition;
}

/// Display strings show a leading space as "·"; a person may type either.
QString asDisplayed(QString text) { return text.replace(QLatin1Char(' '), QChar(0x00B7)); }

bool holds(const ColumnCondition& condition, const FeatureColumns& columns, std::size_t row) {
  if (condition.column == FeatureColumn::TopToken) {
    return columns.topTokens[row].contains(asDisplayed(condition.contains), Qt::CaseInsensitive);
  }
  if (condition.column == FeatureColumn::Label) {
    return columns.labels[row].contains(condition.contains.trimmed(), Qt::CaseInsensitive);
  }
  const double value = columns.value(condition.column, row);
  if (std::isnan(value)) return false;
  const bool highEnough = condition.lowIncluded ? value >= condition.low : value > condition.low;
  const bool lowEnough = condition.highIncluded ? value <= condition.high : value < condition.high;
  return highEnough && lowEnough;
}

bool isDigits(const QString& text) {
  return !text.isEmpty() &&
         std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

}  // namespace

std::optional<ColumnCondition> parseCondition(const QString& text) {
  static const QRegularExpression kContains(QStringLiteral("^\\s*([^<>=:]+?)\\s*:(.+)$"));
  static const QRegularExpression kComparison(
      QStringLiteral("^\\s*([^<>=:]+?)\\s*(<=|>=|<|>|=)\\s*([^<>=:]+)$"));
  static const QRegularExpression kRange(
      QStringLiteral("^\\s*([a-z_ ]+?)\\s+(\\S+?)\\s*\\.\\.\\s*(\\S+)\\s*$"));

  if (const auto match = kContains.match(text); match.hasMatch()) {
    auto column = columnNamed(match.captured(1));
    if (match.captured(1).trimmed().compare(QLatin1String("token"), Qt::CaseInsensitive) == 0) {
      column = FeatureColumn::TopToken;
    }
    if (!column || !info(*column).isText) return std::nullopt;
    return ColumnCondition{.column = *column, .contains = match.captured(2)};
  }
  if (const auto match = kComparison.match(text); match.hasMatch()) {
    const auto column = columnNamed(match.captured(1));
    if (!column || info(*column).isText) return std::nullopt;
    return parseComparison(*column, match.captured(2), match.captured(3));
  }
  if (const auto match = kRange.match(text.toLower()); match.hasMatch()) {
    const auto column = columnNamed(match.captured(1));
    if (!column || info(*column).isText) return std::nullopt;
    return parseRange(*column, match.captured(2), match.captured(3));
  }
  return std::nullopt;
}

QString describe(const ColumnCondition& condition) {
  const QString name = info(condition.column).header;
  if (info(condition.column).isText) {
    return name + QLatin1Char(':') + condition.contains;
  }
  const bool hasLow = std::isfinite(condition.low);
  const bool hasHigh = std::isfinite(condition.high);
  const QString low = numberText(condition.column, condition.low);
  const QString high = numberText(condition.column, condition.high);
  if (hasLow && hasHigh) {
    if (condition.low == condition.high) return name + QStringLiteral(" = ") + low;
    return name + QLatin1Char(' ') + low + QStringLiteral("..") + high;
  }
  if (hasLow) return name + (condition.lowIncluded ? " >= " : " > ") + low;
  return name + (condition.highIncluded ? " <= " : " < ") + high;
}

std::vector<std::int32_t> matchingRows(const FeatureColumns& columns, const FeatureFilter& filter) {
  const QString text = asDisplayed(filter.text);
  const bool byId = isDigits(filter.text);
  std::vector<std::int32_t> rows;
  rows.reserve(columns.size());
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (filter.hideDead && columns.dead[row] != 0) continue;
    if (filter.bookmarked && std::isnan(columns.value(FeatureColumn::Bookmark, row))) continue;
    const bool conditionsHold =
        std::all_of(filter.conditions.begin(), filter.conditions.end(),
                    [&](const ColumnCondition& c) { return holds(c, columns, row); });
    if (!conditionsHold) continue;
    const bool textMatches =
        text.isEmpty() || (byId && QString::number(columns.feature(row).value).startsWith(text)) ||
        columns.topTokens[row].contains(text, Qt::CaseInsensitive) ||
        columns.labels[row].contains(filter.text, Qt::CaseInsensitive);
    if (textMatches) rows.push_back(static_cast<std::int32_t>(row));
  }
  return rows;
}

}  // namespace featurescope

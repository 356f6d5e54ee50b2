// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/number_format.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("NumberFormat", text); }

QString withTrueMinus(QString text) { return text.replace(QLatin1Char('-'), kMinus); }

}  // namespace

QString formatCount(std::int64_t count) { return withTrueMinus(QLocale().toString(qint64{count})); }

QString formatLargeCount(std::int64_t count) {
  if (count < 1'000'000) return formatCount(count);
  const bool billions = count >= 1'000'000'000;
  const double scaled = static_cast<double>(count) / (billions ? 1e9 : 1e6);
  return QLocale().toString(scaled, 'f', 1) +
         (billions ? QStringLiteral(" G") : QStringLiteral(" M"));
}

QString formatValue(double value, int decimals) {
  if (std::isnan(value)) return kDash;
  QString zero = QLocale().toString(0.0, 'f', decimals);
  // A value that rounds to nothing carries no sign.
  if (QLocale().toString(std::abs(value), 'f', decimals) == zero) return zero;
  return withTrueMinus(QLocale().toString(value, 'f', decimals));
}

QString formatSigned(double value, int decimals) {
  if (std::isnan(value)) return kDash;
  const QString text = formatValue(value, decimals);
  return text.startsWith(kMinus) ? text : QLatin1Char('+') + text;
}

int decimalsFor(double largest) {
  int decimals = 2;
  for (double bound = 1; largest > 0 && largest < bound && decimals < 5; bound /= 10) ++decimals;
  return decimals;
}

QString formatPercent(double share) {
  if (std::isnan(share)) return kDash;
  const double percent = share * 100;
  if (percent == 0 || percent >= 0.01) return formatValue(percent) + QLatin1Char('%');
  const int decimals = 1 - static_cast<int>(std::floor(std::log10(percent)));
  return formatValue(percent, std::min(decimals, 12)) + QLatin1Char('%');
}

QString formatDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  if (whole < 1) return translated("under 1 s");
  if (whole < 60) return translated("%1 s").arg(whole);
  if (whole < 3600) return translated("%1 min").arg((whole + 30) / 60);
  return translated("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString formatRate(double perSecond, const QString& unit) {
  const int decimals = perSecond < 10 ? 1 : 0;
  return QLocale().toString(perSecond, 'f', decimals) + QLatin1Char(' ') + unit +
         QStringLiteral("/s");
}

double wilsonHalfWidth(std::int64_t count, std::int64_t total) {
  if (total <= 0) return 0;
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(total);
  const double p = static_cast<double>(count) / n;
  return z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
}

QString shortHash(const QString& hash) {
  const QString digits = hash.section(QLatin1Char(':'), -1);
  return digits.size() <= 8 ? digits : digits.left(4) + QChar(0x2026) + digits.right(2);
}

}  // namespace featurescope

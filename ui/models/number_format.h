// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <optional>

namespace featurescope {

/// How numbers are shown, in the person's locale, with a true minus sign. CSV uses core's
/// shortest().
inline constexpr QChar kMinus{0x2212};
inline constexpr QChar kDash{0x2014};  ///< where there is no value

[[nodiscard]] QString formatCount(std::int64_t count);  ///< 16,384
/// 950, 18,420, 10.0 M: for counts of tokens in narrow places.
[[nodiscard]] QString formatLargeCount(std::int64_t count);
[[nodiscard]] QString formatValue(double value, int decimals = 2);   ///< −0.18
[[nodiscard]] QString formatSigned(double value, int decimals = 2);  ///< +0.02
/// Decimals that show three digits or so of values up to `largest`: two from 1 on, at most five.
[[nodiscard]] int decimalsFor(double largest);
/// A share of one in percent, with two decimals or, below 0.01%, two significant digits: 4.31%.
[[nodiscard]] QString formatPercent(double share);
[[nodiscard]] QString formatDuration(double seconds);  ///< 42 s, 11 min, 2 h 5 min
[[nodiscard]] QString formatRate(double perSecond, const QString& unit);  ///< 18,420 tokens/s

/// Half the width of the 95% Wilson interval of a share counted as `count` of `total`.
[[nodiscard]] double wilsonHalfWidth(std::int64_t count, std::int64_t total);

/// "sha256:3f9c…" as 3f9c…a1.
[[nodiscard]] QString shortHash(const QString& hash);

}  // namespace featurescope

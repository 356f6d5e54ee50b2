// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>

namespace featurescope {

/// The window's text: Inter, or what the system has in its place.
[[nodiscard]] QFont textFont(int pixels = 13);
/// Tokens and command lines: JetBrains Mono, or what the system has in its place.
[[nodiscard]] QFont tokenFont(int pixels = 12);

}  // namespace featurescope

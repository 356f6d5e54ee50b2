// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace featurescope::cli {

[[nodiscard]] bool isTerminal(int descriptor);
/// Columns of the terminal behind `descriptor`; 80 where it does not say.
[[nodiscard]] std::size_t terminalWidth(int descriptor);
/// Whether bold and the like may be used there (a terminal, not "dumb", NO_COLOR not set).
[[nodiscard]] bool showsStyles(int descriptor);

/// Columns that UTF-8 text takes on a terminal: wide characters take two, combining marks none.
[[nodiscard]] std::size_t displayWidth(std::string_view text);
/// The longest beginning of `text` that takes at most `columns`.
[[nodiscard]] std::string fittedTo(std::size_t columns, std::string_view text);
/// The longest ending of `text` that takes at most `columns`.
[[nodiscard]] std::string fittedFromEnd(std::size_t columns, std::string_view text);

/// The text with control characters, which a terminal would obey, shown as "?": one for each byte,
/// so that places in it stay where they are.
[[nodiscard]] std::string withoutControls(std::string text);

}  // namespace featurescope::cli

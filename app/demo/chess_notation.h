// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/demo/chess_position.h"

#include <optional>
#include <string>
#include <string_view>

namespace featurescope::demo {

/// The move in standard algebraic notation ("Nbd7", "exd6", "O-O", "e8=Q+", "Qxf7#").
/// `move` must be legal in `position`.
[[nodiscard]] std::string standardNotation(const ChessPosition& position, ChessMove move);

/// The legal move that is written so, if there is one.
[[nodiscard]] std::optional<ChessMove> findMove(const ChessPosition& position,
                                                std::string_view notation);

}  // namespace featurescope::demo

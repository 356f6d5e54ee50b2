// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <string>
#include <string_view>
#include <vector>

namespace featurescope::demo {

/// A played game: its moves in standard algebraic notation and how it ended.
struct ChessGame {
  std::string_view opening;  ///< "Sicilian Defence"
  std::vector<std::string> moves;
  std::string_view result;  ///< "1-0", "0-1" or "1/2-1/2"
};

/// Plays a legal game: a named opening, then moves drawn by a one-move look-ahead that likes to
/// take, check, castle and develop and dislikes leaving pieces where they can be taken. It ends by
/// mate, stalemate or bare kings; a game that goes on too long is given to the side with more
/// material.
[[nodiscard]] ChessGame playChessGame(RandomStream& random);

/// One line of text, as in the paper's chess data: "Score: 1-0 White: Berg (2210) Black: … Moves:
/// …".
[[nodiscard]] std::string chessLine(const ChessGame& game, RandomStream& random);

}  // namespace featurescope::demo

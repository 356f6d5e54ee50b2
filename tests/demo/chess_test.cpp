// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/chess_game.h"
#include "app/demo/chess_notation.h"
#include "app/demo/chess_position.h"
#include "core/base/json.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace featurescope::demo {
namespace {

/// Counts published on the Chess Programming Wiki ("Perft Results").
struct PublishedPerft {
  std::string_view fen;
  int depth;
  std::uint64_t moves;
};

TEST(ChessPosition, HasThePublishedNumbersOfLegalMoveSequences) {
  constexpr std::string_view kStart = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1";
  constexpr std::string_view kKiwipete =
      "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1";
  constexpr std::string_view kEndgame = "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1";
  constexpr std::string_view kPromotions =
      "r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1";
  constexpr std::string_view kTalkchess =
      "rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8";
  for (const auto& [fen, depth, moves] :
       {PublishedPerft{kStart, 1, 20}, PublishedPerft{kStart, 2, 400},
        PublishedPerft{kStart, 3, 8902}, PublishedPerft{kStart, 4, 197281},
        PublishedPerft{kKiwipete, 1, 48}, PublishedPerft{kKiwipete, 2, 2039},
        PublishedPerft{kKiwipete, 3, 97862}, PublishedPerft{kEndgame, 4, 43238},
        PublishedPerft{kPromotions, 3, 9467}, PublishedPerft{kTalkchess, 3, 62379}}) {
    EXPECT_EQ(perft(ChessPosition::fromFen(fen), depth), moves) << fen << " to depth " << depth;
  }
}

TEST(ChessNotation, WritesEveryLegalMoveAsPythonChessDoes) {
  const Json cases = readJson(testing::ownData("chess_notation.json"));
  ASSERT_GT(cases.size(), 20u);
  for (const Json& entry : cases) {
    const auto position = ChessPosition::fromFen(entry["fen"].get<std::string>());
    std::vector<std::string> notation;
    for (const ChessMove move : position.legalMoves()) {
      notation.push_back(standardNotation(position, move));
    }
    EXPECT_THAT(notation, ::testing::UnorderedElementsAreArray(
                              entry["moves"].get<std::vector<std::string>>()))
        << entry["fen"];
  }
}

TEST(ChessGame, ReplaysMoveByMoveFromTheStart) {
  RandomStream random(1, "games");
  for (int i = 0; i < 20; ++i) {
    const ChessGame game = playChessGame(random);
    ChessPosition position = ChessPosition::start();
    for (const std::string& notation : game.moves) {
      const auto move = findMove(position, notation);
      ASSERT_TRUE(move) << notation;
      position.play(*move);
    }
    if (game.moves.back().ends_with('#')) {
      EXPECT_TRUE(position.inCheck());
      EXPECT_TRUE(position.legalMoves().empty());
      EXPECT_EQ(game.result, position.sideToMove() == Side::White ? "0-1" : "1-0");
    }
  }
}

TEST(ChessLine, BeginsWithTheScoreAndEndsWithTheResult) {
  RandomStream random(2, "games");
  const ChessGame game = playChessGame(random);
  const std::string line = chessLine(game, random);
  EXPECT_TRUE(line.starts_with("Score: " + std::string(game.result) + " White: ")) << line;
  EXPECT_TRUE(line.ends_with(' ' + std::string(game.result))) << line;
  EXPECT_EQ(std::ranges::count(line, '\n'), 0);
}

}  // namespace
}  // namespace featurescope::demo

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/chess_game.h"

#include "app/demo/chess_notation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace featurescope::demo {
namespace {

struct Opening {
  std::string_view name, moves;
};

constexpr std::array kOpenings = {
    Opening{"Ruy Lopez", "e4 e5 Nf3 Nc6 Bb5 a6 Ba4 Nf6 O-O Be7"},
    Opening{"Italian Game", "e4 e5 Nf3 Nc6 Bc4 Bc5 c3 Nf6 d3 d6"},
    Opening{"Scotch Game", "e4 e5 Nf3 Nc6 d4 exd4 Nxd4 Nf6"},
    Opening{"Petrov Defence", "e4 e5 Nf3 Nf6 Nxe5 d6 Nf3 Nxe4 d4 d5"},
    Opening{"Vienna Game", "e4 e5 Nc3 Nf6 f4 d5 fxe5 Nxe4"},
    Opening{"King's Gambit", "e4 e5 f4 exf4 Nf3 g5 h4 g4"},
    Opening{"Sicilian Defence", "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6"},
    Opening{"Sicilian Dragon", "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 g6"},
    Opening{"French Defence", "e4 e6 d4 d5 Nc3 Bb4 e5 c5 a3 Bxc3+ bxc3 Ne7"},
    Opening{"Caro-Kann Defence", "e4 c6 d4 d5 Nc3 dxe4 Nxe4 Bf5 Ng3 Bg6"},
    Opening{"Pirc Defence", "e4 d6 d4 Nf6 Nc3 g6 f4 Bg7 Nf3 O-O"},
    Opening{"Scandinavian Defence", "e4 d5 exd5 Qxd5 Nc3 Qa5 d4 Nf6 Nf3 Bf5"},
    Opening{"Queen's Gambit", "d4 d5 c4 e6 Nc3 Nf6 Bg5 Be7 e3 O-O"},
    Opening{"Slav Defence", "d4 d5 c4 c6 Nf3 Nf6 Nc3 dxc4 a4 Bf5"},
    Opening{"King's Indian Defence", "d4 Nf6 c4 g6 Nc3 Bg7 e4 d6 Nf3 O-O Be2 e5"},
    Opening{"Nimzo-Indian Defence", "d4 Nf6 c4 e6 Nc3 Bb4 e3 O-O Bd3 d5"},
    Opening{"Dutch Defence", "d4 f5 g3 Nf6 Bg2 e6 Nf3 Be7 O-O O-O"},
    Opening{"London System", "d4 d5 Bf4 Nf6 e3 e6 Nf3 Bd6"},
    Opening{"English Opening", "c4 e5 Nc3 Nf6 Nf3 Nc6 g3 d5 cxd5 Nxd5"},
    Opening{"Bird Opening", "f4 d5 Nf3 g6 e3 Bg7 Be2 Nf6"},
};

constexpr std::array<std::string_view, 32> kPlayers = {
    "Berg",    "Moreau", "Novak",  "Silva", "Karlsson", "Weber",  "Rossi",  "Tanaka",
    "Fischer", "Petrov", "Larsen", "Nagy",  "Kovacs",   "Santos", "Haas",   "Lind",
    "Adams",   "Brandt", "Costa",  "Dahl",  "Ekman",    "Fiala",  "Garcia", "Holm",
    "Ivanov",  "Jansen", "Keller", "Marin", "Olsen",    "Popov",  "Reyes",  "Stein"};

constexpr int kMostMoves = 120;  ///< by both sides

int valueOf(PieceKind kind) {
  constexpr std::array<int, 7> values{0, 1, 3, 3, 5, 9, 0};
  return values[static_cast<std::size_t>(kind)];
}

/// White's material less black's.
int balance(const ChessPosition& position) {
  int sum = 0;
  for (Square square = 0; square < 64; ++square) {
    const Piece piece = position.at(square);
    sum += piece.side == Side::White ? valueOf(piece.kind) : -valueOf(piece.kind);
  }
  return sum;
}

/// What `side` stands to lose: its most valuable attacked piece, counted less where it is defended.
double exposed(const ChessPosition& position, Side side) {
  double worst = 0;
  for (Square square = 0; square < 64; ++square) {
    const Piece piece = position.at(square);
    if (piece.side != side || !position.isAttacked(square, opponent(side))) continue;
    const double share = position.isAttacked(square, side) ? 0.4 : 1.0;
    worst = std::max(worst, share * valueOf(piece.kind));
  }
  return worst;
}

/// How much closer to the middle of the board the move brings its piece.
double centring(ChessMove move) {
  const auto distance = [](Square square) {
    return std::abs(fileOf(square) - 3.5) + std::abs(rankOf(square) - 3.5);
  };
  return distance(move.from) - distance(move.to);
}

/// How good a move looks to a hasty player; pawns are the unit.
double appeal(const ChessPosition& position, ChessMove move) {
  const Piece piece = position.at(move.from);
  ChessPosition next = position;
  next.play(move);
  const double sign = piece.side == Side::White ? 1.0 : -1.0;
  double value = sign * (balance(next) - balance(position));
  value -= exposed(next, piece.side);
  value += 0.2 * exposed(next, opponent(piece.side));
  if (next.inCheck()) value += next.legalMoves().empty() ? 1000.0 : 0.5;
  if (piece.kind == PieceKind::King) {
    value += std::abs(move.to - move.from) == 2 ? 2.0 : -0.6;
  } else if (piece.kind == PieceKind::Pawn) {
    value += 0.15 * std::abs(rankOf(move.to) - rankOf(move.from)) + 0.05 * centring(move);
  } else {
    value += 0.15 * centring(move);
  }
  return value;
}

ChessMove drawMove(const ChessPosition& position, const std::vector<ChessMove>& moves,
                   RandomStream& random) {
  constexpr double kTemperature = 0.35;
  std::vector<double> weights;
  weights.reserve(moves.size());
  for (const ChessMove move : moves) weights.push_back(appeal(position, move));
  const double best = *std::ranges::max_element(weights);
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp((weight - best) / kTemperature);
  double rest = random.uniform() * sum;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    rest -= weights[i];
    if (rest < 0) return moves[i];
  }
  return moves.back();
}

std::string_view resultByMaterial(const ChessPosition& position) {
  const int lead = balance(position);
  if (std::abs(lead) < 3) return "1/2-1/2";
  return lead > 0 ? "1-0" : "0-1";
}

}  // namespace

ChessGame playChessGame(RandomStream& random) {
  ChessPosition position = ChessPosition::start();
  const Opening& opening = kOpenings[random.below(kOpenings.size())];
  ChessGame game{opening.name, {}, {}};

  std::istringstream book{std::string(opening.moves)};
  for (std::string notation; book >> notation;) {
    const auto move = findMove(position, notation);
    if (!move) throw std::logic_error("opening with an illegal move: " + notation);
    position.play(*move);
    game.moves.push_back(notation);
  }
  while (game.result.empty()) {
    const std::vector<ChessMove> moves = position.legalMoves();
    if (moves.empty() && position.inCheck()) {
      game.result = position.sideToMove() == Side::White ? "0-1" : "1-0";
    } else if (moves.empty() || position.isBareDraw()) {
      game.result = "1/2-1/2";
    } else if (std::ssize(game.moves) >= kMostMoves ||
               (game.moves.size() % 2 == 0 && std::abs(balance(position)) >= 12)) {
      game.result = resultByMaterial(position);
    } else {
      const ChessMove move = drawMove(position, moves, random);
      game.moves.push_back(standardNotation(position, move));
      position.play(move);
    }
  }
  return game;
}

std::string chessLine(const ChessGame& game, RandomStream& random) {
  const std::size_t white = random.below(kPlayers.size());
  const std::size_t black = (white + 1 + random.below(kPlayers.size() - 1)) % kPlayers.size();
  const auto player = [&](std::size_t index) {
    return std::string(kPlayers[index]) + " (" + std::to_string(1500 + 10 * random.below(120)) +
           ")";
  };
  std::string line = "Score: " + std::string(game.result);
  line += " White: " + player(white);
  line += " Black: " + player(black);
  line += " Opening: " + std::string(game.opening) + " Moves:";
  for (std::size_t i = 0; i < game.moves.size(); ++i) {
    if (i % 2 == 0) line += ' ' + std::to_string(i / 2 + 1) + '.';
    line += ' ' + game.moves[i];
  }
  return line + ' ' + std::string(game.result);
}

}  // namespace featurescope::demo

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/chess_notation.h"

#include <cstdlib>

namespace featurescope::demo {
namespace {

constexpr std::string_view kLetters = " PNBRQK";

char letterOf(PieceKind kind) { return kLetters[static_cast<std::size_t>(kind)]; }

std::string squareName(Square square) {
  return {static_cast<char>('a' + fileOf(square)), static_cast<char>('1' + rankOf(square))};
}

/// What sets a piece apart from others of its kind that could go to the same square: nothing, its
/// file, its rank, or both, the first of these that does.
std::string disambiguation(const ChessPosition& position, ChessMove move) {
  bool rivals = false, sameFile = false, sameRank = false;
  for (const ChessMove other : position.legalMoves()) {
    if (other.to != move.to || other.from == move.from ||
        position.at(other.from) != position.at(move.from)) {
      continue;
    }
    rivals = true;
    sameFile |= fileOf(other.from) == fileOf(move.from);
    sameRank |= rankOf(other.from) == rankOf(move.from);
  }
  const std::string origin = squareName(move.from);
  if (!rivals) return {};
  if (!sameFile) return origin.substr(0, 1);
  return sameRank ? origin : origin.substr(1, 1);
}

std::string withoutCheck(const ChessPosition& position, ChessMove move) {
  const PieceKind kind = position.at(move.from).kind;
  if (kind == PieceKind::King && std::abs(move.to - move.from) == 2) {
    return move.to > move.from ? "O-O" : "O-O-O";
  }
  const std::string taking = position.isCapture(move) ? "x" : "";
  if (kind != PieceKind::Pawn) {
    return letterOf(kind) + disambiguation(position, move) + taking + squareName(move.to);
  }
  std::string text = taking.empty() ? "" : squareName(move.from).substr(0, 1) + taking;
  text += squareName(move.to);
  if (move.promotion != PieceKind::None) text += std::string("=") + letterOf(move.promotion);
  return text;
}

}  // namespace

std::string standardNotation(const ChessPosition& position, ChessMove move) {
  ChessPosition next = position;
  next.play(move);
  std::string text = withoutCheck(position, move);
  if (next.inCheck()) text += next.legalMoves().empty() ? '#' : '+';
  return text;
}

std::optional<ChessMove> findMove(const ChessPosition& position, std::string_view notation) {
  for (const ChessMove move : position.legalMoves()) {
    if (standardNotation(position, move) == notation) return move;
  }
  return std::nullopt;
}

}  // namespace featurescope::demo

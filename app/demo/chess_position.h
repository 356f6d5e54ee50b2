// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace featurescope::demo {

enum class PieceKind : std::int8_t { None, Pawn, Knight, Bishop, Rook, Queen, King };
enum class Side : std::int8_t { White, Black };

[[nodiscard]] constexpr Side opponent(Side side) {
  return side == Side::White ? Side::Black : Side::White;
}

struct Piece {
  PieceKind kind = PieceKind::None;
  Side side = Side::White;
  [[nodiscard]] bool is(PieceKind wanted, Side owner) const {
    return kind == wanted && side == owner;
  }
  bool operator==(const Piece&) const = default;
};

/// A square of the board: 0 is a1, 7 is h1, 63 is h8.
using Square = int;
[[nodiscard]] constexpr int fileOf(Square square) { return square % 8; }
[[nodiscard]] constexpr int rankOf(Square square) { return square / 8; }

/// Castling is the king's move of two squares.
struct ChessMove {
  Square from = 0, to = 0;
  PieceKind promotion = PieceKind::None;
  bool operator==(const ChessMove&) const = default;
};

/// A position with everything the next moves depend on. A plain value.
class ChessPosition {
 public:
  static ChessPosition start();
  /// Forsyth–Edwards notation; the move counters may be missing. Throws std::invalid_argument.
  static ChessPosition fromFen(std::string_view fen);

  [[nodiscard]] Side sideToMove() const { return toMove_; }
  [[nodiscard]] Piece at(Square square) const { return board_[static_cast<std::size_t>(square)]; }
  /// The square a pawn may take en passant, or -1.
  [[nodiscard]] Square enPassant() const { return enPassant_; }

  /// By origin square, then in a fixed order of directions.
  [[nodiscard]] std::vector<ChessMove> legalMoves() const;
  /// `move` must be one of legalMoves().
  void play(ChessMove move);

  [[nodiscard]] bool inCheck() const { return isAttacked(kingOf(toMove_), opponent(toMove_)); }
  /// Whether `by` could take on `square` if something stood there.
  [[nodiscard]] bool isAttacked(Square square, Side by) const;
  [[nodiscard]] bool isCapture(ChessMove move) const;
  /// Neither side has enough left to mate: bare kings, or one minor piece in all.
  [[nodiscard]] bool isBareDraw() const;

 private:
  enum Castling : std::uint8_t { WhiteShort = 1, WhiteLong = 2, BlackShort = 4, BlackLong = 8 };

  [[nodiscard]] Square kingOf(Side side) const;
  [[nodiscard]] std::vector<ChessMove> pseudoLegalMoves() const;
  void addPawnMoves(Square from, std::vector<ChessMove>& moves) const;
  void addCastling(Square from, std::vector<ChessMove>& moves) const;
  Piece& square(Square index) { return board_[static_cast<std::size_t>(index)]; }

  std::array<Piece, 64> board_{};
  Side toMove_ = Side::White;
  std::uint8_t castling_ = 0;
  Square enPassant_ = -1;
};

/// The number of legal move sequences of `depth` moves: the usual test of a move generator.
[[nodiscard]] std::uint64_t perft(const ChessPosition& position, int depth);

}  // namespace featurescope::demo

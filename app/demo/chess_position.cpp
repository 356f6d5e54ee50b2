// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/chess_position.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>

namespace featurescope::demo {
namespace {

struct Step {
  int file, rank;
};

constexpr std::array<Step, 8> kKnightSteps{
    {{1, 2}, {2, 1}, {2, -1}, {1, -2}, {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}}};
/// Straight lines first, then diagonals; together the king's steps.
constexpr std::array<Step, 8> kLines{
    {{0, 1}, {1, 0}, {0, -1}, {-1, 0}, {1, 1}, {1, -1}, {-1, -1}, {-1, 1}}};

std::span<const Step> stepsOf(PieceKind kind) {
  switch (kind) {
    case PieceKind::Knight:
      return kKnightSteps;
    case PieceKind::Rook:
      return std::span(kLines).first(4);
    case PieceKind::Bishop:
      return std::span(kLines).last(4);
    default:
      return kLines;
  }
}

bool slides(PieceKind kind) {
  return kind == PieceKind::Bishop || kind == PieceKind::Rook || kind == PieceKind::Queen;
}

/// The square one step away, or -1 beyond the board.
Square stepped(Square from, Step step) {
  const int file = fileOf(from) + step.file;
  const int rank = rankOf(from) + step.rank;
  return file < 0 || file > 7 || rank < 0 || rank > 7 ? -1 : rank * 8 + file;
}

int forward(Side side) { return side == Side::White ? 1 : -1; }

PieceKind kindOfLetter(char letter) {
  switch (letter) {
    case 'p':
      return PieceKind::Pawn;
    case 'n':
      return PieceKind::Knight;
    case 'b':
      return PieceKind::Bishop;
    case 'r':
      return PieceKind::Rook;
    case 'q':
      return PieceKind::Queen;
    case 'k':
      return PieceKind::King;
    default:
      throw std::invalid_argument("no chess piece is called " + std::string(1, letter));
  }
}

}  // namespace

ChessPosition ChessPosition::start() {
  return fromFen("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -");
}

ChessPosition ChessPosition::fromFen(std::string_view fen) {
  ChessPosition position;
  std::vector<std::string> fields(1);
  for (const char c : fen) {
    if (c == ' ') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (fields.size() < 4) throw std::invalid_argument("a FEN has at least four fields");

  int file = 0, rank = 7;
  for (const char c : fields[0]) {
    if (c == '/') {
      file = 0;
      --rank;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      file += c - '0';
    } else {
      if (file > 7 || rank < 0) throw std::invalid_argument("a FEN has 8 ranks of 8 squares");
      const auto byte = static_cast<unsigned char>(c);
      position.square(rank * 8 + file++) = {kindOfLetter(static_cast<char>(std::tolower(byte))),
                                            std::isupper(byte) != 0 ? Side::White : Side::Black};
    }
  }
  position.toMove_ = fields[1] == "w" ? Side::White : Side::Black;
  for (const char c : fields[2]) {
    if (c == 'K') position.castling_ |= WhiteShort;
    if (c == 'Q') position.castling_ |= WhiteLong;
    if (c == 'k') position.castling_ |= BlackShort;
    if (c == 'q') position.castling_ |= BlackLong;
  }
  if (fields[3].size() == 2) {
    position.enPassant_ = (fields[3][1] - '1') * 8 + (fields[3][0] - 'a');
  }
  return position;
}

Square ChessPosition::kingOf(Side side) const {
  const auto found = std::ranges::find(board_, Piece{PieceKind::King, side});
  return static_cast<Square>(found - board_.begin());
}

bool ChessPosition::isAttacked(Square target, Side by) const {
  for (const int sideways : {-1, 1}) {
    const Square from = stepped(target, {sideways, -forward(by)});
    if (from >= 0 && at(from).is(PieceKind::Pawn, by)) return true;
  }
  for (const Step step : kKnightSteps) {
    const Square from = stepped(target, step);
    if (from >= 0 && at(from).is(PieceKind::Knight, by)) return true;
  }
  for (std::size_t line = 0; line < kLines.size(); ++line) {
    const PieceKind slider = line < 4 ? PieceKind::Rook : PieceKind::Bishop;
    Square from = stepped(target, kLines[line]);
    if (from >= 0 && at(from).is(PieceKind::King, by)) return true;
    while (from >= 0 && at(from).kind == PieceKind::None) from = stepped(from, kLines[line]);
    if (from >= 0 && (at(from).is(slider, by) || at(from).is(PieceKind::Queen, by))) return true;
  }
  return false;
}

bool ChessPosition::isCapture(ChessMove move) const {
  return at(move.to).kind != PieceKind::None ||
         (at(move.from).kind == PieceKind::Pawn && move.to == enPassant_);
}

bool ChessPosition::isBareDraw() const {
  int minors = 0;
  for (const Piece piece : board_) {
    if (piece.kind == PieceKind::Knight || piece.kind == PieceKind::Bishop) {
      ++minors;
    } else if (piece.kind != PieceKind::None && piece.kind != PieceKind::King) {
      return false;
    }
  }
  return minors <= 1;
}

void ChessPosition::addPawnMoves(Square from, std::vector<ChessMove>& moves) const {
  const auto add = [&](Square to) {
    if (rankOf(to) == 0 || rankOf(to) == 7) {
      for (const PieceKind kind :
           {PieceKind::Queen, PieceKind::Rook, PieceKind::Bishop, PieceKind::Knight}) {
        moves.push_back({from, to, kind});
      }
    } else {
      moves.push_back({from, to, PieceKind::None});
    }
  };
  const int ahead = forward(toMove_);
  const Square one = from + 8 * ahead;  // no pawn stands on the last rank
  if (at(one).kind == PieceKind::None) {
    add(one);
    const int home = toMove_ == Side::White ? 1 : 6;
    const Square two = one + 8 * ahead;
    if (rankOf(from) == home && at(two).kind == PieceKind::None) add(two);
  }
  for (const int sideways : {-1, 1}) {
    const Square to = stepped(from, {sideways, ahead});
    if (to < 0) continue;
    const Piece target = at(to);
    if ((target.kind != PieceKind::None && target.side != toMove_) || to == enPassant_) add(to);
  }
}

void ChessPosition::addCastling(Square from, std::vector<ChessMove>& moves) const {
  const Side enemy = opponent(toMove_);
  const auto empty = [&](Square s) { return at(s).kind == PieceKind::None; };
  const auto safe = [&](Square s) { return !isAttacked(s, enemy); };
  const bool white = toMove_ == Side::White;
  if ((castling_ & (white ? WhiteShort : BlackShort)) != 0 && empty(from + 1) && empty(from + 2) &&
      safe(from) && safe(from + 1) && safe(from + 2)) {
    moves.push_back({from, from + 2, PieceKind::None});
  }
  if ((castling_ & (white ? WhiteLong : BlackLong)) != 0 && empty(from - 1) && empty(from - 2) &&
      empty(from - 3) && safe(from) && safe(from - 1) && safe(from - 2)) {
    moves.push_back({from, from - 2, PieceKind::None});
  }
}

std::vector<ChessMove> ChessPosition::pseudoLegalMoves() const {
  std::vector<ChessMove> moves;
  for (Square from = 0; from < 64; ++from) {
    const Piece piece = at(from);
    if (piece.kind == PieceKind::None || piece.side != toMove_) continue;
    if (piece.kind == PieceKind::Pawn) {
      addPawnMoves(from, moves);
      continue;
    }
    for (const Step step : stepsOf(piece.kind)) {
      for (Square to = stepped(from, step); to >= 0; to = stepped(to, step)) {
        const Piece target = at(to);
        if (target.kind == PieceKind::None || target.side != toMove_) {
          moves.push_back({from, to, PieceKind::None});
        }
        if (target.kind != PieceKind::None || !slides(piece.kind)) break;
      }
    }
    if (piece.kind == PieceKind::King) addCastling(from, moves);
  }
  return moves;
}

std::vector<ChessMove> ChessPosition::legalMoves() const {
  std::vector<ChessMove> moves = pseudoLegalMoves();
  std::erase_if(moves, [&](ChessMove move) {
    ChessPosition next = *this;
    next.play(move);
    return next.isAttacked(next.kingOf(toMove_), next.toMove_);
  });
  return moves;
}

void ChessPosition::play(ChessMove move) {
  const Piece piece = at(move.from);
  if (piece.kind == PieceKind::Pawn && move.to == enPassant_) {
    square(move.to - 8 * forward(toMove_)) = {};
  }
  if (piece.kind == PieceKind::King && std::abs(move.to - move.from) == 2) {
    const bool kingside = move.to > move.from;
    std::swap(square(kingside ? move.to + 1 : move.to - 2),
              square(kingside ? move.to - 1 : move.to + 1));
  }
  square(move.to) = piece;
  if (move.promotion != PieceKind::None) square(move.to).kind = move.promotion;
  square(move.from) = {};

  enPassant_ = -1;
  if (piece.kind == PieceKind::Pawn && std::abs(move.to - move.from) == 16) {
    enPassant_ = (move.from + move.to) / 2;
  }
  // A right is lost with any move from or to the king's or that rook's home.
  for (const Square touched : {move.from, move.to}) {
    switch (touched) {
      case 0:
        castling_ &= static_cast<std::uint8_t>(~WhiteLong);
        break;
      case 4:
        castling_ &= static_cast<std::uint8_t>(~(WhiteLong | WhiteShort));
        break;
      case 7:
        castling_ &= static_cast<std::uint8_t>(~WhiteShort);
        break;
      case 56:
        castling_ &= static_cast<std::uint8_t>(~BlackLong);
        break;
      case 60:
        castling_ &= static_cast<std::uint8_t>(~(BlackLong | BlackShort));
        break;
      case 63:
        castling_ &= static_cast<std::uint8_t>(~BlackShort);
        break;
      default:
        break;
    }
  }
  toMove_ = opponent(toMove_);
}

std::uint64_t perft(const ChessPosition& position, int depth) {
  if (depth == 0) return 1;
  const std::vector<ChessMove> moves = position.legalMoves();
  if (depth == 1) return moves.size();
  std::uint64_t count = 0;
  for (const ChessMove move : moves) {
    ChessPosition next = position;
    next.play(move);
    count += perft(next, depth - 1);
  }
  return count;
}

}  // namespace featurescope::demo

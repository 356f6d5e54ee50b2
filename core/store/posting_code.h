// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// A chunk of postings under construction: positions as LEB128 distances, values as float32; about
/// 5.5 bytes a posting with a value, 1.5 without (tables posting and token_posting describe it).
class PostingEncoder {
 public:
  /// Positions ascend within a chunk.
  void add(Position position);
  void add(Position position, float value);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] Position first() const { return first_; }
  [[nodiscard]] Position last() const { return last_; }

  /// The chunk's bytes; the encoder is empty afterwards.
  [[nodiscard]] std::string take();

 private:
  std::string distances_, values_;
  Position first_ = 0, last_ = 0;
  std::int64_t count_ = 0;
};

/// Appends the chunk's positions and, with `values`, its values. False when the bytes are not a
/// chunk of `count` positions from `first` to `last` with finite values; what was appended is
/// useless then.
[[nodiscard]] bool decodePostings(std::string_view data, std::int64_t count, Position first,
                                  Position last, std::vector<Position>& positions,
                                  std::vector<float>* values);

/// CRC-32 of a chunk's bytes, as zlib and PNG have it.
[[nodiscard]] std::int64_t checksumOf(std::string_view data);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/index_records.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace featurescope {

/// Walks the stored positions of a feature or a token, chunk by chunk.
class PostingCursor {
 public:
  /// Of a feature whose row is `feature`, from the first chunk that reaches beyond `from`. Where no
  /// posting of it is stored (an older index, no budget), its top activations stand for them.
  static PostingCursor ofFeature(const Database& database, const FeatureRecord& feature,
                                 Position from = 0);
  /// Of a token; without values. Needs the table token_posting.
  static PostingCursor ofToken(const Database& database, TokenId token, Position from = 0);

  /// To the next chunk; false after the last. Throws UserError{DatabaseError} for a damaged one.
  bool next();
  /// At least one position, ascending, beyond those of the chunk before.
  [[nodiscard]] const Postings& chunk() const { return chunk_; }

  /// Every activation above this value is among the positions.
  [[nodiscard]] double completeAbove() const { return completeAbove_; }
  /// How many positions there are, of a feature.
  [[nodiscard]] std::int64_t stored() const { return stored_; }

 private:
  explicit PostingCursor(const Database& database) : database_(&database) {}
  void useChunks(std::string_view sql, std::int64_t id, Position from);
  void useTopActivations(const FeatureRecord& feature);

  const Database* database_;
  std::optional<Statement> rows_;  ///< nothing when the first chunk is all
  bool hasValues_ = true;
  Postings chunk_;
  Position last_ = -1;
  double completeAbove_ = 0;
  std::int64_t stored_ = 0;
};

}  // namespace featurescope

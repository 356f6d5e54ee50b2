// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/build_transaction.h"
#include "core/store/index_records.h"
#include "core/store/posting_code.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// Writes the tables posting and token_posting within a budget of bytes. The tokens' lists go first
/// (or not at all when they alone exceed it); then the features with the most activations lose
/// their weakest until all fit, so that rare features stay whole. About 1 KB of memory a feature.
class PostingWriter {
 public:
  /// Inserts into `transaction`'s database; both must outlive this.
  PostingWriter(Database& database, BuildTransaction& transaction, std::int64_t budget);

  void addTokens(Position first, std::span<const TokenId> tokens);
  /// Sparse rows, see IndexWriter::appendActivations.
  void addActivations(Position first, std::span<const std::int64_t> indptr,
                      std::span<const std::int32_t> features, std::span<const float> values);

  /// Writes what is still in memory and holds all to the budget. Nothing is added afterwards.
  void finish();

  /// How many postings are stored of a feature, after finish().
  [[nodiscard]] std::int64_t stored(FeatureId feature) const;
  /// Every activation above this is stored.
  [[nodiscard]] float completeAbove(FeatureId feature) const;
  /// Bytes of all lists.
  [[nodiscard]] std::int64_t bytes() const { return featureBytes_ + tokenBytes_; }

  /// Ends its statements, so that the database can close.
  void finalize();

 private:
  struct List {
    PostingEncoder open;     ///< the chunk that is not written yet
    std::int64_t count = 0;  ///< with those of the open chunk
    std::int64_t bytes = 0;  ///< of the chunks that are written
    float completeAbove = 0;
  };
  static std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] Postings read(std::size_t feature);
  void add(std::size_t feature, Position position, float value);
  /// Returns the chunk's bytes.
  std::int64_t write(Statement& row, std::size_t id, PostingEncoder& chunk);
  void writeOpenChunk(std::size_t feature);
  void writeOpenChunks();
  void dropTokens();
  void cutTo(std::int64_t bytes);
  void cut(std::size_t feature, std::int64_t count);

  Database& database_;
  BuildTransaction& transaction_;
  std::int64_t budget_;
  std::vector<List> features_;
  std::vector<PostingEncoder> tokens_;
  bool keepsTokens_;
  std::int64_t featureBytes_ = 0, tokenBytes_ = 0;
  Statement insert_, insertToken_, select_, delete_;
};

}  // namespace featurescope

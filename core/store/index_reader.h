// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"
#include "core/store/search_query.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// Which rows of the feature table, in what order. Defaults: all, by id.
struct FeatureQuery {
  std::string sortColumn = "feature";  ///< a column of feature_table
  bool descending = false;             ///< rows without a value come last either way
  std::optional<std::int64_t> limit = std::nullopt;
  std::string where = {};  ///< an SQL expression over the columns, or empty
};

/// Reads one index, read-only, also where its folder cannot be written. One connection, one thread
/// at a time; open another reader for another thread. Foreign files open in SQLite's defensive
/// mode. An index of an older version reads as one that lacks what came later: nothing is converted
/// and lists of it are empty.
class IndexReader {
 public:
  /// Throws UserError{NotFound, BadFile (not an index), DatabaseError (newer version, corrupt)}.
  static IndexReader open(const std::filesystem::path& path);
  ~IndexReader();
  IndexReader(IndexReader&&) noexcept;
  IndexReader& operator=(IndexReader&&) noexcept;

  /// Of the file's schema, from 1.
  [[nodiscard]] int version() const;
  [[nodiscard]] std::int64_t featureCount() const;
  [[nodiscard]] std::int64_t tokenCount() const;
  [[nodiscard]] bool hasFineTuning() const;
  [[nodiscard]] Provenance provenance() const;

  /// Throws UserError{BadUsage} for an unknown column (naming the nearest) or a bad expression.
  [[nodiscard]] std::vector<FeatureRecord> features(const FeatureQuery& query = {}) const;
  /// Throws UserError{OutOfRange}.
  [[nodiscard]] FeatureRecord feature(FeatureId feature) const;
  /// In rank order, at most `limit`; empty for a dead feature. Throws UserError{OutOfRange}.
  [[nodiscard]] std::vector<ActivationRecord> topActivations(FeatureId feature,
                                                             std::int64_t limit) const;
  /// The examples of one kind, by part and rank, at most `limit`. Throws UserError{OutOfRange}.
  [[nodiscard]] std::vector<ActivationRecord> examples(FeatureId feature, ExampleKind kind,
                                                       std::int64_t limit) const;
  /// What else is stored of a feature; empty for what is not. They throw UserError{OutOfRange}.
  [[nodiscard]] std::vector<HistogramBin> histogram(FeatureId feature) const;  ///< ascending
  [[nodiscard]] std::vector<FeatureTokenRecord> featureTokens(FeatureId feature) const;
  [[nodiscard]] LogitTokens logitTokens(FeatureId feature) const;
  [[nodiscard]] std::vector<Neighbour> neighbours(FeatureId feature,
                                                  NeighbourRelation relation) const;
  /// Where the feature is active, as far as the index stores it: at least its top activations.
  /// Throws UserError{OutOfRange, DatabaseError (damaged)}.
  [[nodiscard]] Postings postings(FeatureId feature) const;

  /// Finds where a condition holds in the corpus, in the order of positions. Throws
  /// UserError{BadUsage (a bad regular expression), NotFound (no such token), OutOfRange}.
  [[nodiscard]] SearchResult search(const SearchQuery& query) const;

  /// At most `before` and `after` tokens around `position`, not beyond its sequence.
  [[nodiscard]] ContextRecord context(Position position, std::int64_t before,
                                      std::int64_t after) const;

  /// Columns of feature_table that every index has, in order; `scale` and `bias` only with a
  /// fine-tuning.
  [[nodiscard]] std::vector<std::string> featureColumns() const;
  /// All columns of this index's feature_table that hold something: those a query may name.
  [[nodiscard]] std::vector<std::string> allFeatureColumns() const;

  /// Makes a query that runs in another thread fail with Interrupted.
  void interrupt() const;

  struct State;

 private:
  explicit IndexReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace featurescope

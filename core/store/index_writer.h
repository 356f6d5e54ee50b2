// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace featurescope {

/// Writes one index. It grows under a temporary name beside `path`, in SQLite's write-ahead mode
/// with a small log beside it, and appears there, complete and in one file, with finish(); without
/// it nothing is left behind. One thread. Every call throws UserError{CannotWrite, DatabaseError}.
class IndexWriter {
 public:
  IndexWriter(std::filesystem::path path, bool force);
  ~IndexWriter();
  IndexWriter(IndexWriter&&) noexcept;
  IndexWriter& operator=(IndexWriter&&) noexcept;

  /// Display string of every token id, in order from 0.
  void writeVocabulary(std::span<const std::string> display);
  /// A sequence the model saw as one, in stream order. `display[i]` of each token as displayTokens
  /// gives it; it is stored only where it differs from the vocabulary's.
  void appendSequence(std::span<const TokenId> tokens, std::span<const std::string> display);

  struct TopActivation {
    Position position = 0;
    float activation = 0;
    std::optional<float> activationFineTuned;
  };
  /// A feature and its top activations in rank order, after all sequences. What follows from other
  /// figures is not taken from the record: `density` and `dead` (from activeTokens and the corpus)
  /// and `topToken` (from the first of `top`).
  void appendFeature(const FeatureRecord& feature, std::span<const TopActivation> top);
  void writeProvenance(std::string_view key, std::string_view value);

  /// Moves the log into the file, leaves the write-ahead mode, flushes and renames into place.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Writes one index. It grows under a temporary name beside `path`, in SQLite's write-ahead mode
/// with a small log beside it, and appears there, complete and in one file, with finish(); without
/// it nothing is left behind. One thread. Every call throws UserError{CannotWrite, DatabaseError}.
///
/// Order: the vocabulary, then sequences and activations as the corpus streams by, then the
/// features with whatever is known of each, in any order but best by ascending id.
class IndexWriter {
 public:
  /// `postingsBudget`: bytes that the lists of positions may take.
  IndexWriter(std::filesystem::path path, bool force,
              std::int64_t postingsBudget = kDefaultPostingsBudget);
  ~IndexWriter();
  IndexWriter(IndexWriter&&) noexcept;
  IndexWriter& operator=(IndexWriter&&) noexcept;

  static constexpr std::int64_t kDefaultPostingsBudget = 2'000'000'000;

  /// Of every token id, in order from 0: how it is shown and, for searching the text, its bytes
  /// (without them the text is what is shown). Once.
  void writeVocabulary(std::span<const std::string> display,
                       std::span<const std::string> bytes = {});
  /// A sequence the model saw as one, in stream order. `display[i]` of each token as displayTokens
  /// gives it; it is stored only where it differs from the vocabulary's.
  void appendSequence(std::span<const TokenId> tokens, std::span<const std::string> display);

  /// The activations of a run of tokens, as sparse rows: row i, the token at `first` + i, holds the
  /// entries [indptr[i], indptr[i + 1]) of `features` and `values`; each value is finite and > 0.
  /// Positions only grow from call to call. What exceeds the budget is cut: of the features with
  /// the most activations the weakest, so that rare features stay whole.
  void appendActivations(Position first, std::span<const std::int64_t> indptr,
                         std::span<const std::int32_t> features, std::span<const float> values);

  struct Example {
    Position position = 0;
    float activation = 0;
    std::optional<float> activationFineTuned = std::nullopt;
  };
  using TopActivation = Example;

  /// A feature and its top activations in rank order, after all sequences and activations. What
  /// follows from other figures is not taken from the record: `density` and `dead` (from
  /// activeTokens and the corpus), `topToken` (from the first of `top`), `postings` and
  /// `postingsAbove`.
  void appendFeature(const FeatureRecord& feature, std::span<const Example> top);
  /// More examples of the feature appended last, in the order in which they are to be shown. Kinds
  /// (not Top) and parts come in ascending order.
  void appendExamples(FeatureId feature, ExampleKind kind, std::int64_t part,
                      std::span<const Example> examples);

  /// The edges that all histograms share: bin b is [edges[b], edges[b + 1]). Once, before them.
  void writeHistogramEdges(std::span<const double> edges);
  struct HistogramCount {
    std::int32_t bin = 0;
    std::int64_t count = 0;
    std::optional<std::int64_t> countFineTuned = std::nullopt;
  };
  /// Bins without any count may be left out.
  void appendHistogram(FeatureId feature, std::span<const HistogramCount> counts);

  struct TokenCount {
    TokenId token;
    std::int64_t count = 0;  ///< activating tokens that are it
  };
  /// The tokens a feature fires on most, in rank order. Precision and recall follow.
  void appendFeatureTokens(FeatureId feature, std::span<const TokenCount> tokens);

  struct LogitToken {
    TokenId token;
    double value = 0;
  };
  /// Most promoted first, most suppressed first.
  void appendLogitTokens(FeatureId feature, std::span<const LogitToken> promoted,
                         std::span<const LogitToken> suppressed);

  /// Nearest first.
  void appendNeighbours(FeatureId feature, NeighbourRelation relation,
                        std::span<const Neighbour> neighbours);

  void writeProvenance(std::string_view key, std::string_view value);

  /// Moves the log into the file, leaves the write-ahead mode, flushes and renames into place.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace featurescope

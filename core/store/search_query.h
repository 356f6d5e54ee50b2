// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// What a search asks of a token of the corpus; conditions combine.
class SearchCondition {
 public:
  enum class Kind : std::uint8_t { Token, Text, Active, All, Any, None };

  /// It is exactly this token; a leading space may be written as a space or as "·".
  static SearchCondition token(std::string text);
  /// A match of the regular expression (RE2's syntax) begins in it. The text is that of the token's
  /// sequence: a match may span tokens, not sequences. Matches do not overlap and are found from
  /// the left, as by Python's finditer; empty ones do not count.
  static SearchCondition text(std::string regularExpression);
  /// It activates the feature, with at least this value.
  static SearchCondition active(FeatureId feature, double atLeast = 0);
  static SearchCondition all(std::vector<SearchCondition> conditions);
  static SearchCondition any(std::vector<SearchCondition> conditions);
  /// None of them holds.
  static SearchCondition none(std::vector<SearchCondition> conditions);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& string() const { return string_; }
  [[nodiscard]] FeatureId feature() const { return feature_; }
  [[nodiscard]] double atLeast() const { return atLeast_; }
  [[nodiscard]] const std::vector<SearchCondition>& conditions() const { return conditions_; }

 private:
  explicit SearchCondition(Kind kind) : kind_(kind) {}

  Kind kind_;
  std::string string_;
  FeatureId feature_;
  double atLeast_ = 0;
  std::vector<SearchCondition> conditions_;
};

struct SearchQuery {
  SearchCondition condition;
  Position from = 0;  ///< hits before it are left out: where a search goes on
  std::int64_t limit = 100;
  std::int64_t tokensBeside = 10;                 ///< of the context, on either side
  std::optional<FeatureId> shown = std::nullopt;  ///< whose value is told with each hit
  bool countAll = false;                          ///< also count the hits beyond the limit
};

struct SearchHit {
  Position position = 0;
  TokenId token;
  std::string strToken, context;  ///< as displayed
  std::size_t contextMark = 0;    ///< where the token begins in the context
  /// Of the shown feature, 0 where it is not active; nothing without one.
  std::optional<double> activation;
};

/// A feature of the query whose weaker activations are not stored, so that hits may be missing (or,
/// in a `none`, be too many).
struct CutFeature {
  FeatureId feature;
  std::int64_t stored = 0, active = 0;  ///< tokens
  double completeAbove = 0;             ///< a query for at least more than this misses nothing
};

struct SearchResult {
  std::vector<SearchHit> hits;        ///< by position
  std::optional<Position> next;       ///< `from` of a search for what follows; nothing at the end
  std::optional<std::int64_t> total;  ///< hits from `from` to the end, where they were counted
  std::vector<CutFeature> cutFeatures;
};

}  // namespace featurescope

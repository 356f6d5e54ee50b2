// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/search_evaluator.h"

#include "core/base/error.h"
#include "core/store/posting_cursor.h"
#include "core/store/text_pattern.h"
#include "core/store/token_texts.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace featurescope {

namespace {

// A sequence is a few thousand tokens. Rows that all name one long token would make it as long as
// the square of a damaged file.
constexpr std::size_t kLongestText = 64 << 20;

/// Walks a cursor stretch by stretch.
class StretchWalk {
 public:
  explicit StretchWalk(PostingCursor cursor) : cursor_(std::move(cursor)) {}

  /// Adds those in hits' stretch whose value is at least `atLeast`.
  void addTo(PositionSet& hits, float atLeast) {
    while (moreBefore(hits.end())) {
      const Postings& chunk = cursor_.chunk();
      for (; at_ < chunk.positions.size() && chunk.positions[at_] < hits.end(); ++at_) {
        if (chunk.values.empty() || chunk.values[at_] >= atLeast) hits.add(chunk.positions[at_]);
      }
    }
  }

 private:
  bool moreBefore(Position end) {
    if (at_ == cursor_.chunk().positions.size()) {
      if (ended_ || !cursor_.next()) {
        ended_ = true;
        return false;
      }
      at_ = 0;
    }
    return cursor_.chunk().positions[at_] < end;
  }

  PostingCursor cursor_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

class ActiveEvaluator final : public SearchEvaluator {
 public:
  ActiveEvaluator(PostingCursor cursor, float atLeast)
      : walk_(std::move(cursor)), atLeast_(atLeast) {}

  void evaluate(PositionSet& hits, const PositionSet*) override { walk_.addTo(hits, atLeast_); }

 private:
  StretchWalk walk_;
  float atLeast_;
};

/// By the stored positions of tokens.
class TokenEvaluator final : public SearchEvaluator {
 public:
  TokenEvaluator(const Database& database, const std::vector<TokenId>& tokens, Position from) {
    walks_.reserve(tokens.size());
    for (const TokenId token : tokens) {
      walks_.emplace_back(PostingCursor::ofToken(database, token, from));
    }
  }

  void evaluate(PositionSet& hits, const PositionSet*) override {
    for (StretchWalk& walk : walks_) walk.addTo(hits, 0);
  }

 private:
  std::vector<StretchWalk> walks_;
};

/// By looking at every token, where their positions are not stored.
class TokenScan final : public SearchEvaluator {
 public:
  TokenScan(const Database& database, std::vector<TokenId> tokens)
      : tokens_(std::move(tokens)),
        rows_(database,
              "SELECT position, token FROM corpus_token WHERE position >= ? AND position < ?") {}

  void evaluate(PositionSet& hits, const PositionSet*) override {
    rows_.bind(1, hits.begin()).bind(2, hits.end());
    while (rows_.step()) {
      const TokenId token{static_cast<std::int32_t>(rows_.integer(1))};
      if (std::ranges::find(tokens_, token) != tokens_.end()) hits.add(rows_.integer(0));
    }
    rows_.reset();
  }

 private:
  std::vector<TokenId> tokens_;
  Statement rows_;
};

class TextEvaluator final : public SearchEvaluator {
 public:
  TextEvaluator(IndexReader::State& state, const std::string& expression)
      : state_(state),
        pattern_(expression),
        sequences_(state.database,
                   "SELECT start, length FROM sequence WHERE start >= ? AND start < ?"),
        tokens_(state.database,
                "SELECT token FROM corpus_token WHERE position >= ? AND position < ? "
                "ORDER BY position") {}

  void evaluate(PositionSet& hits, const PositionSet* within) override {
    sequences_.bind(1, hits.begin()).bind(2, hits.end());
    Position end = hits.begin();  // of the sequence before
    while (sequences_.step()) {
      state_.throwIfInterrupted();
      const Position start = sequences_.integer(0);
      const Position length = sequences_.integer(1);
      if (start != end || length < 1 || length > hits.end() - start) {
        state_.database.fail(SQLITE_CORRUPT);
      }
      end = start + length;
      if (within == nullptr || within->next(start) < end) search(start, end, hits);
    }
    if (end != hits.end()) state_.database.fail(SQLITE_CORRUPT);
    sequences_.reset();
  }
  [[nodiscard]] bool isDear() const override { return true; }

 private:
  void search(Position start, Position end, PositionSet& hits) {
    text_.clear();
    ends_.clear();
    tokens_.bind(1, start).bind(2, end);
    while (std::ssize(ends_) <= end - start && tokens_.step()) {
      text_ += state_.tokenTexts().bytes(TokenId{static_cast<std::int32_t>(tokens_.integer(0))});
      ends_.push_back(text_.size());
      if (text_.size() > kLongestText) state_.database.fail(SQLITE_CORRUPT);
    }
    tokens_.reset();
    if (std::ssize(ends_) != end - start) state_.database.fail(SQLITE_CORRUPT);
    std::size_t token = 0;
    pattern_.forEachMatch(text_, [&](std::size_t offset) {
      while (ends_[token] <= offset) ++token;
      hits.add(start + static_cast<Position>(token));
    });
  }

  IndexReader::State& state_;
  TextPattern pattern_;
  Statement sequences_, tokens_;
  std::string text_;               ///< of the sequence
  std::vector<std::size_t> ends_;  ///< of its tokens in the text
};

using Evaluators = std::vector<std::unique_ptr<SearchEvaluator>>;

class AllEvaluator final : public SearchEvaluator {
 public:
  explicit AllEvaluator(Evaluators conditions) : conditions_(std::move(conditions)) {
    std::stable_partition(conditions_.begin(), conditions_.end(),
                          [](const auto& condition) { return !condition->isDear(); });
  }

  void evaluate(PositionSet& hits, const PositionSet* within) override {
    hits.complement();
    if (within != nullptr) hits.keepOnly(*within);
    for (const auto& condition : conditions_) {
      if (hits.empty()) return;
      PositionSet found(hits.begin(), hits.end());
      condition->evaluate(found, &hits);
      hits.keepOnly(found);
    }
  }
  [[nodiscard]] bool isDear() const override {
    return !conditions_.empty() && conditions_.back()->isDear();
  }

 private:
  Evaluators conditions_;
};

/// Any of the conditions, or none of them.
class AnyEvaluator final : public SearchEvaluator {
 public:
  AnyEvaluator(Evaluators conditions, bool negated)
      : conditions_(std::move(conditions)), negated_(negated) {}

  void evaluate(PositionSet& hits, const PositionSet* within) override {
    for (const auto& condition : conditions_) {
      PositionSet found(hits.begin(), hits.end());
      condition->evaluate(found, within);
      hits.add(found);
    }
    if (negated_) hits.complement();
  }
  [[nodiscard]] bool isDear() const override {
    return std::ranges::any_of(conditions_,
                               [](const auto& condition) { return condition->isDear(); });
  }

 private:
  Evaluators conditions_;
  bool negated_;
};

std::unique_ptr<SearchEvaluator> makeActive(const SearchCondition& condition,
                                            const IndexReader& reader, IndexReader::State& state,
                                            Position from, std::vector<CutFeature>& cut) {
  const FeatureRecord feature = reader.feature(condition.feature());
  PostingCursor cursor = PostingCursor::ofFeature(state.database, feature, from);
  // A bound is meant as activations are stored and shown, in float32.
  const auto atLeast = static_cast<float>(condition.atLeast());
  if (cursor.stored() < feature.activeTokens &&
      static_cast<double>(atLeast) <= cursor.completeAbove()) {
    cut.push_back({.feature = feature.feature,
                   .stored = cursor.stored(),
                   .active = feature.activeTokens,
                   .completeAbove = cursor.completeAbove()});
  }
  return std::make_unique<ActiveEvaluator>(std::move(cursor), atLeast);
}

std::unique_ptr<SearchEvaluator> makeToken(const std::string& text, IndexReader::State& state,
                                           Position from) {
  std::vector<TokenId> tokens = state.tokenTexts().named(text);
  if (tokens.empty()) {
    throw UserError(ErrorCode::NotFound, "cannot search for the token \"" + text + "\"",
                    "the vocabulary has no token that is exactly this",
                    "search for text that spans tokens by a regular expression");
  }
  const bool stored = state.version >= 2 &&
                      state.database.integer("SELECT EXISTS (SELECT 1 FROM token_posting)") != 0;
  if (stored) return std::make_unique<TokenEvaluator>(state.database, tokens, from);
  return std::make_unique<TokenScan>(state.database, std::move(tokens));
}

}  // namespace

std::unique_ptr<SearchEvaluator> makeEvaluator(const SearchCondition& condition,
                                               const IndexReader& reader, IndexReader::State& state,
                                               Position from, std::vector<CutFeature>& cut) {
  using Kind = SearchCondition::Kind;
  switch (condition.kind()) {
    case Kind::Token:
      return makeToken(condition.string(), state, from);
    case Kind::Text:
      return std::make_unique<TextEvaluator>(state, condition.string());
    case Kind::Active:
      return makeActive(condition, reader, state, from, cut);
    case Kind::All:
    case Kind::Any:
    case Kind::None:
      break;
  }
  Evaluators parts;
  parts.reserve(condition.conditions().size());
  for (const SearchCondition& part : condition.conditions()) {
    parts.push_back(makeEvaluator(part, reader, state, from, cut));
  }
  if (condition.kind() == Kind::All) return std::make_unique<AllEvaluator>(std::move(parts));
  return std::make_unique<AnyEvaluator>(std::move(parts), condition.kind() == Kind::None);
}

}  // namespace featurescope

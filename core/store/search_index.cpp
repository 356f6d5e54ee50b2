// SPDX-License-Identifier: GPL-3.0-or-later
// IndexReader::search: evaluates the condition stretch by stretch until there are enough hits.
#include "core/base/error.h"
#include "core/store/index_reader.h"
#include "core/store/index_reader_state.h"
#include "core/store/posting_cursor.h"
#include "core/store/search_evaluator.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace featurescope {

namespace {

// Stretches grow: the first hits come at once, and a search of everything is not held up by many.
constexpr Position kFirstStretch = 1 << 14, kLongestStretch = 1 << 19;

/// Parts of a condition that read the file.
std::size_t readersOf(const SearchCondition& condition) {
  if (condition.conditions().empty()) return 1;
  std::size_t readers = 0;
  for (const SearchCondition& part : condition.conditions()) readers += readersOf(part);
  return readers;
}

/// First position of the sequence that holds `position`.
Position sequenceStart(const Database& database, Position position) {
  Statement row(database, "SELECT max(start) FROM sequence WHERE start <= ?");
  const Position start = row.bind(1, position).step() ? row.integer(0) : 0;
  if (start < 0 || start > position) database.fail(SQLITE_CORRUPT);
  return start;
}

/// End of the sequence that holds `position`, in a corpus of so many tokens.
Position sequenceEnd(const Database& database, Position position, Position tokens) {
  Statement row(database, "SELECT min(start) FROM sequence WHERE start > ?");
  row.bind(1, position).step();
  if (row.isNull(0)) return tokens;
  if (row.integer(0) <= position) database.fail(SQLITE_CORRUPT);
  return std::min(row.integer(0), tokens);
}

/// Takes hits until there are as many as were asked for.
class HitCollector {
 public:
  HitCollector(const SearchQuery& query, SearchResult& result) : query_(query), result_(result) {
    if (query.countAll) result.total = 0;
  }

  void take(const PositionSet& found) {
    Position at = found.next(query_.from);
    for (; at != found.end() && !result_.next; at = found.next(at + 1)) {
      if (std::ssize(result_.hits) == query_.limit) {
        result_.next = at;
      } else {
        result_.hits.emplace_back().position = at;
      }
    }
    if (query_.countAll) *result_.total += countFrom(found);
  }
  [[nodiscard]] bool done() const { return result_.next.has_value() && !query_.countAll; }

 private:
  [[nodiscard]] std::int64_t countFrom(const PositionSet& found) const {
    std::int64_t before = 0;
    for (Position at = found.begin(); (at = found.next(at)) < query_.from; ++at) ++before;
    return found.count() - before;
  }

  const SearchQuery& query_;
  SearchResult& result_;
};

/// The value of a feature at each hit; they ascend.
void addActivations(PostingCursor cursor, std::int64_t active, std::vector<SearchHit>& hits) {
  const bool whole = cursor.stored() == active;
  auto hit = hits.begin();
  while (hit != hits.end() && cursor.next()) {
    const Postings& chunk = cursor.chunk();
    for (; hit != hits.end() && hit->position <= chunk.positions.back(); ++hit) {
      const auto found = std::ranges::lower_bound(chunk.positions, hit->position);
      const auto at = static_cast<std::size_t>(found - chunk.positions.begin());
      if (*found == hit->position) hit->activation = static_cast<double>(chunk.values[at]);
    }
  }
  if (!whole) return;
  for (SearchHit& each : hits) each.activation = each.activation.value_or(0);
}

void addTexts(const IndexReader& reader, const Database& database, std::int64_t tokensBeside,
              std::vector<SearchHit>& hits) {
  Statement token(database, "SELECT token FROM corpus_token WHERE position = ?");
  for (SearchHit& hit : hits) {
    const ContextRecord context = reader.context(hit.position, tokensBeside, tokensBeside);
    if (context.tokens.empty()) database.fail(SQLITE_CORRUPT);
    for (std::size_t i = 0; i < context.tokens.size(); ++i) {
      if (i == context.peak) hit.contextMark = hit.context.size();
      hit.context += context.tokens[i];
    }
    hit.strToken = context.tokens[context.peak];
    if (token.bind(1, hit.position).step()) {
      hit.token = TokenId{static_cast<std::int32_t>(token.integer(0))};
    }
    token.reset();
  }
}

/// Evaluates the condition and takes its hits, whose texts and values are not read yet.
void takeHits(const SearchQuery& query, const IndexReader& reader, IndexReader::State& state,
              SearchResult& result) {
  const Database::SharedBound bound(state.database, readersOf(query.condition));
  const auto evaluator =
      makeEvaluator(query.condition, reader, state, query.from, result.cutFeatures);
  HitCollector collector(query, result);
  Position begin = sequenceStart(state.database, query.from);
  for (Position length = kFirstStretch; begin < state.tokens && !collector.done();
       length = std::min(2 * length, kLongestStretch)) {
    state.throwIfInterrupted();
    const Position last = std::min(begin + length, state.tokens) - 1;
    PositionSet found(begin, sequenceEnd(state.database, last, state.tokens));
    evaluator->evaluate(found, nullptr);
    collector.take(found);
    begin = found.end();
  }
}

}  // namespace

SearchResult IndexReader::search(const SearchQuery& query) const {
  if (query.limit < 0 || query.from < 0) {
    throw UserError(ErrorCode::BadUsage, "cannot search",
                    fmt::format("the {} {} is below 0", query.limit < 0 ? "limit" : "start",
                                query.limit < 0 ? query.limit : query.from));
  }
  state_->interrupted = false;
  SearchResult result;
  takeHits(query, *this, *state_, result);
  if (query.shown && !result.hits.empty()) {
    const FeatureRecord shown = feature(*query.shown);
    addActivations(PostingCursor::ofFeature(state_->database, shown, result.hits.front().position),
                   shown.activeTokens, result.hits);
  }
  addTexts(*this, state_->database, query.tokensBeside, result.hits);
  return result;
}

}  // namespace featurescope

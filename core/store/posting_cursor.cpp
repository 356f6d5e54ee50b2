// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/posting_cursor.h"

#include "core/store/posting_code.h"

#include <sqlite3.h>

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::string_view kFeatureChunks =
    "SELECT first_position, last_position, count, checksum, data FROM posting "
    "WHERE feature = ? AND last_position >= ? ORDER BY first_position";
constexpr std::string_view kTokenChunks =
    "SELECT first_position, last_position, count, checksum, data FROM token_posting "
    "WHERE token = ? AND last_position >= ? ORDER BY first_position";

}  // namespace

void PostingCursor::useChunks(std::string_view sql, std::int64_t id, Position from) {
  rows_.emplace(*database_, sql).bind(1, id).bind(2, from);
}

PostingCursor PostingCursor::ofFeature(const Database& database, const FeatureRecord& feature,
                                       Position from) {
  PostingCursor cursor(database);
  if (feature.postings.value_or(0) == 0) {
    cursor.useTopActivations(feature);
    return cursor;
  }
  cursor.stored_ = *feature.postings;
  cursor.completeAbove_ = feature.postingsAbove.value_or(0);
  cursor.useChunks(kFeatureChunks, feature.feature.value, from);
  return cursor;
}

PostingCursor PostingCursor::ofToken(const Database& database, TokenId token, Position from) {
  PostingCursor cursor(database);
  cursor.hasValues_ = false;
  cursor.useChunks(kTokenChunks, token.value, from);
  return cursor;
}

void PostingCursor::useTopActivations(const FeatureRecord& feature) {
  Statement rows(*database_,
                 "SELECT position, activation FROM top_activation WHERE feature = ? "
                 "ORDER BY position");
  rows.bind(1, std::int64_t{feature.feature.value});
  while (rows.step()) {
    const Position position = rows.integer(0);
    if (!chunk_.positions.empty() && position <= chunk_.positions.back()) continue;
    chunk_.positions.push_back(position);
    chunk_.values.push_back(static_cast<float>(rows.real(1)));
  }
  stored_ = std::ssize(chunk_.positions);
  completeAbove_ = 0;
  if (stored_ > 0 && stored_ < feature.activeTokens) {
    completeAbove_ = static_cast<double>(std::ranges::min(chunk_.values));
  }
}

bool PostingCursor::next() {
  if (!rows_) {
    const bool first = last_ < 0 && !chunk_.positions.empty();
    if (first) last_ = chunk_.positions.back();
    return first;
  }
  chunk_.positions.clear();
  chunk_.values.clear();
  if (!rows_->step()) return false;
  const Position first = rows_->integer(0);
  const std::string_view data = rows_->blob(4);
  const bool whole = rows_->integer(3) == checksumOf(data) && first > last_ &&
                     decodePostings(data, rows_->integer(2), first, rows_->integer(1),
                                    chunk_.positions, hasValues_ ? &chunk_.values : nullptr);
  if (!whole) database_->fail(SQLITE_CORRUPT);
  last_ = chunk_.positions.back();
  return true;
}

}  // namespace featurescope

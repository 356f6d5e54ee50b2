// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of IndexReader that read what is stored of one feature beside its row and examples.
#include "core/store/index_reader.h"
#include "core/store/index_reader_state.h"
#include "core/store/posting_cursor.h"

namespace featurescope {

namespace {

TokenId tokenOf(const Statement& row, int column) {
  return TokenId{static_cast<std::int32_t>(row.integer(column))};
}

}  // namespace

std::vector<HistogramBin> IndexReader::histogram(FeatureId feature) const {
  state_->check(feature);
  std::vector<HistogramBin> bins;
  if (state_->version < 2) return bins;
  Statement rows(state_->database,
                 "SELECT low, high, count, count_ft FROM activation_histogram WHERE feature = ? "
                 "ORDER BY low");
  rows.bind(1, std::int64_t{feature.value});
  while (rows.step()) {
    bins.push_back({.low = rows.real(0),
                    .high = rows.real(1),
                    .count = rows.integer(2),
                    .countFineTuned = rows.optionalInteger(3)});
  }
  return bins;
}

std::vector<FeatureTokenRecord> IndexReader::featureTokens(FeatureId feature) const {
  state_->check(feature);
  std::vector<FeatureTokenRecord> tokens;
  if (state_->version < 2) return tokens;
  Statement rows(state_->database,
                 "SELECT token, str_token, count, precision, recall FROM feature_token "
                 "WHERE feature = ? ORDER BY rank");
  rows.bind(1, std::int64_t{feature.value});
  while (rows.step()) {
    tokens.push_back({.token = tokenOf(rows, 0),
                      .strToken = rows.text(1),
                      .count = rows.integer(2),
                      .precision = rows.real(3),
                      .recall = rows.real(4)});
  }
  return tokens;
}

LogitTokens IndexReader::logitTokens(FeatureId feature) const {
  state_->check(feature);
  LogitTokens tokens;
  if (state_->version < 2) return tokens;
  Statement rows(state_->database,
                 "SELECT direction = 'promoted', token, str_token, value FROM logit_token "
                 "WHERE feature = ? ORDER BY direction, rank");
  rows.bind(1, std::int64_t{feature.value});
  while (rows.step()) {
    auto& list = rows.integer(0) != 0 ? tokens.promoted : tokens.suppressed;
    list.push_back({.token = tokenOf(rows, 1), .strToken = rows.text(2), .value = rows.real(3)});
  }
  return tokens;
}

std::vector<Neighbour> IndexReader::neighbours(FeatureId feature,
                                               NeighbourRelation relation) const {
  state_->check(feature);
  std::vector<Neighbour> neighbours;
  if (state_->version < 2) return neighbours;
  Statement rows(state_->database,
                 "SELECT other, value FROM near_feature WHERE feature = ? AND relation = ? "
                 "ORDER BY rank");
  rows.bind(1, std::int64_t{feature.value}).bind(2, static_cast<std::int64_t>(relation));
  while (rows.step()) {
    neighbours.push_back(
        {.feature = FeatureId{static_cast<std::int32_t>(rows.integer(0))}, .value = rows.real(1)});
  }
  return neighbours;
}

Postings IndexReader::postings(FeatureId feature) const {
  PostingCursor cursor = PostingCursor::ofFeature(state_->database, this->feature(feature));
  Postings postings;
  postings.completeAbove = cursor.completeAbove();
  while (cursor.next()) {
    const auto& chunk = cursor.chunk();
    postings.positions.insert(postings.positions.end(), chunk.positions.begin(),
                              chunk.positions.end());
    postings.values.insert(postings.values.end(), chunk.values.begin(), chunk.values.end());
  }
  return postings;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/posting_writer.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace featurescope {

namespace {

constexpr std::int64_t kPostingsAChunk = 128;  // five or six of which fill a page well
constexpr std::int64_t kTokensAChunk = 1024;

/// The largest cap such that the counts, each cut to it, sum to `total` at most.
std::int64_t capFor(std::vector<std::int64_t> counts, std::int64_t total) {
  std::ranges::sort(counts);
  auto left = std::ssize(counts);
  for (const std::int64_t count : counts) {
    const std::int64_t share = std::max<std::int64_t>(total, 0) / left;
    if (count > share) return share;
    total -= count;
    --left;
  }
  return counts.empty() ? 0 : counts.back();
}

}  // namespace

PostingWriter::PostingWriter(Database& database, BuildTransaction& transaction, std::int64_t budget)
    : database_(database),
      transaction_(transaction),
      budget_(budget),
      keepsTokens_(budget > 0),
      insert_(database, "INSERT INTO posting VALUES (NULL, ?, ?, ?, ?, ?, ?)"),
      insertToken_(database, "INSERT INTO token_posting VALUES (NULL, ?, ?, ?, ?, ?, ?)"),
      select_(database,
              "SELECT count, first_position, last_position, data FROM posting "
              "WHERE feature = ? ORDER BY first_position"),
      delete_(database, "DELETE FROM posting WHERE feature = ?") {}

void PostingWriter::finalize() {
  for (Statement* statement : {&insert_, &insertToken_, &select_, &delete_}) statement->finalize();
}

void PostingWriter::addTokens(Position first, std::span<const TokenId> tokens) {
  if (!keepsTokens_) return;
  for (const TokenId token : tokens) {
    if (at(token.value) >= tokens_.size()) tokens_.resize(at(token.value) + 1);
    PostingEncoder& chunk = tokens_[at(token.value)];
    chunk.add(first++);
    if (chunk.count() < kTokensAChunk) continue;
    tokenBytes_ += write(insertToken_, at(token.value), chunk);
  }
  if (tokenBytes_ > budget_) dropTokens();
}

void PostingWriter::addActivations(Position first, std::span<const std::int64_t> indptr,
                                   std::span<const std::int32_t> features,
                                   std::span<const float> values) {
  for (std::size_t row = 0; row + 1 < indptr.size(); ++row) {
    const auto begin = static_cast<std::size_t>(indptr[row]);
    const auto end = static_cast<std::size_t>(indptr[row + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      if (at(features[i]) >= features_.size()) features_.resize(at(features[i]) + 1);
      add(at(features[i]), first + static_cast<Position>(row), values[i]);
    }
  }
  // Some room is made at once, since each cut reads and writes what it cuts.
  const std::int64_t room = budget_ - tokenBytes_;
  if (featureBytes_ > room) cutTo(room / 4 * 3);
}

void PostingWriter::add(std::size_t feature, Position position, float value) {
  List& list = features_[feature];
  if (value <= list.completeAbove) return;
  list.open.add(position, value);
  ++list.count;
  if (list.open.count() == kPostingsAChunk) writeOpenChunk(feature);
}

void PostingWriter::writeOpenChunk(std::size_t feature) {
  List& list = features_[feature];
  const std::int64_t bytes = write(insert_, feature, list.open);
  list.bytes += bytes;
  featureBytes_ += bytes;
}

std::int64_t PostingWriter::write(Statement& row, std::size_t id, PostingEncoder& chunk) {
  if (chunk.count() == 0) return 0;
  row.bind(1, static_cast<std::int64_t>(id)).bind(2, chunk.first()).bind(3, chunk.last());
  row.bind(4, chunk.count());
  const std::string data = chunk.take();
  row.bind(5, checksumOf(data)).bindBlob(6, data);
  transaction_.insert(row, data.size());
  return std::ssize(data);
}

void PostingWriter::writeOpenChunks() {
  for (std::size_t id = 0; id < features_.size(); ++id) writeOpenChunk(id);
}

void PostingWriter::dropTokens() {
  database_.execute("DELETE FROM token_posting");
  tokens_.clear();
  tokenBytes_ = 0;
  keepsTokens_ = false;
}

void PostingWriter::finish() {
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    tokenBytes_ += write(insertToken_, id, tokens_[id]);
  }
  if (tokenBytes_ > budget_) dropTokens();
  writeOpenChunks();
  cutTo(budget_ - tokenBytes_);
}

void PostingWriter::cutTo(std::int64_t bytes) {
  if (featureBytes_ <= bytes) return;
  writeOpenChunks();
  std::vector<std::int64_t> counts(features_.size());
  std::ranges::transform(features_, counts.begin(), &List::count);
  auto total = std::reduce(counts.begin(), counts.end());
  // Distances grow when postings between are gone, so one pass may not be enough.
  while (featureBytes_ > bytes) {
    const auto perPosting = static_cast<double>(featureBytes_) / static_cast<double>(total);
    const auto wanted = static_cast<std::int64_t>(static_cast<double>(bytes) / perPosting);
    const std::int64_t cap = capFor(counts, std::min(wanted, total - 1));
    for (std::size_t feature = 0; feature < counts.size(); ++feature) {
      if (counts[feature] > cap) {
        cut(feature, cap);
        counts[feature] = cap;
      }
    }
    total = std::reduce(counts.begin(), counts.end());
  }
}

/// Keeps the strongest `count` of a feature, equal ones by position.
void PostingWriter::cut(std::size_t feature, std::int64_t count) {
  const Postings all = read(feature);
  std::vector<std::size_t> order(all.positions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto firstDropped = order.begin() + count;
  std::ranges::nth_element(order, firstDropped, [&](std::size_t a, std::size_t b) {
    return all.values[a] != all.values[b] ? all.values[a] > all.values[b] : a < b;
  });
  List& list = features_[feature];
  list.completeAbove = all.values[*firstDropped];
  list.count = count;
  order.erase(firstDropped, order.end());
  std::ranges::sort(order);

  delete_.bind(1, static_cast<std::int64_t>(feature)).run();
  featureBytes_ -= std::exchange(list.bytes, 0);
  for (const std::size_t i : order) {
    list.open.add(all.positions[i], all.values[i]);
    if (list.open.count() == kPostingsAChunk) writeOpenChunk(feature);
  }
  writeOpenChunk(feature);
}

Postings PostingWriter::read(std::size_t feature) {
  Postings postings;
  select_.bind(1, static_cast<std::int64_t>(feature));
  while (select_.step()) {
    if (!decodePostings(select_.blob(3), select_.integer(0), select_.integer(1), select_.integer(2),
                        postings.positions, &postings.values)) {
      throw std::logic_error("a posting that was written cannot be read");
    }
  }
  select_.reset();
  postings.completeAbove =
      feature < features_.size() ? static_cast<double>(features_[feature].completeAbove) : 0;
  return postings;
}

std::int64_t PostingWriter::stored(FeatureId feature) const {
  return at(feature.value) < features_.size() ? features_[at(feature.value)].count : 0;
}

float PostingWriter::completeAbove(FeatureId feature) const {
  return at(feature.value) < features_.size() ? features_[at(feature.value)].completeAbove : 0;
}

}  // namespace featurescope

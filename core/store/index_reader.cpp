// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/index_reader.h"

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/feature_filter.h"
#include "core/store/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 12> kColumns{
    "feature",        "density",      "active_tokens", "max",       "mean_active", "dead",
    "cosine_to_dead", "decoder_norm", "encoder_bias",  "top_token", "scale",       "bias"};
constexpr std::size_t kColumnsWithoutFineTuning = 10;

void checkIsFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const std::string what = "cannot read " + path.string();
  if (!fs::exists(status)) {
    throw UserError(ErrorCode::NotFound, what, "no such file", "check the path");
  }
  if (!fs::is_regular_file(status)) {
    throw UserError(ErrorCode::BadFile, what, "it is not a regular file",
                    "choose a file made by `featurescope index`");
  }
}

std::optional<double> optionalReal(const Statement& row, int column) {
  if (row.isNull(column)) return std::nullopt;
  return row.real(column);
}

/// A row of feature_table with all its columns, in their order.
FeatureRecord featureRecord(const Statement& row) {
  FeatureRecord record;
  record.feature = FeatureId{static_cast<std::int32_t>(row.integer(0))};
  record.density = row.real(1);
  record.activeTokens = row.integer(2);
  record.max = row.real(3);
  record.meanActive = row.real(4);
  record.dead = row.integer(5) != 0;
  record.cosineToDead = optionalReal(row, 6);
  record.decoderNorm = row.real(7);
  record.encoderBias = row.real(8);
  record.topToken = row.text(9);
  record.scale = optionalReal(row, 10);
  record.bias = optionalReal(row, 11);
  return record;
}

/// Every column of a record; those of a fine-tuning that is not there are NULL.
std::string recordColumns(bool fineTuned) {
  const std::size_t own = fineTuned ? kColumns.size() : kColumnsWithoutFineTuning;
  std::string list = fmt::format("{}", fmt::join(kColumns.begin(), kColumns.begin() + own, ", "));
  if (!fineTuned) list += ", NULL, NULL";
  return list;
}

}  // namespace

struct IndexReader::State {
  explicit State(const fs::path& given)
      : path(given), database(given, Database::Access::Read, given) {
    checkIsIndex(database, path);
    features = database.integer("SELECT count(*) FROM feature");
    tokens = database.integer("SELECT max(position) + 1 FROM corpus_token");
    fineTuned =
        database.integer("SELECT EXISTS (SELECT 1 FROM feature WHERE scale IS NOT NULL)") != 0;
  }

  fs::path path;
  Database database;
  std::int64_t features = 0, tokens = 0;
  bool fineTuned = false;

  [[noreturn]] void failOutOfRange(FeatureId feature) const {
    throw UserError(ErrorCode::OutOfRange,
                    fmt::format("cannot show feature {} of {}", feature.value, path.string()),
                    features == 0 ? "it has no features"
                                  : fmt::format("it has the features 0 to {}", features - 1));
  }
};

IndexReader::IndexReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
IndexReader::~IndexReader() = default;
IndexReader::IndexReader(IndexReader&&) noexcept = default;
IndexReader& IndexReader::operator=(IndexReader&&) noexcept = default;

IndexReader IndexReader::open(const fs::path& path) {
  checkIsFile(path);
  return IndexReader(std::make_unique<State>(path));
}

std::int64_t IndexReader::featureCount() const { return state_->features; }
std::int64_t IndexReader::tokenCount() const { return state_->tokens; }
bool IndexReader::hasFineTuning() const { return state_->fineTuned; }

Provenance IndexReader::provenance() const {
  Provenance entries;
  Statement rows(state_->database, "SELECT key, value FROM provenance");
  while (rows.step()) entries.emplace(rows.text(0), rows.text(1));
  return entries;
}

std::vector<std::string> IndexReader::featureColumns() const {
  const std::size_t own = state_->fineTuned ? kColumns.size() : kColumnsWithoutFineTuning;
  return {kColumns.begin(), kColumns.begin() + own};
}

std::vector<FeatureRecord> IndexReader::features(const FeatureQuery& query) const {
  const std::vector<std::string> columns = featureColumns();
  if (std::find(columns.begin(), columns.end(), query.sortColumn) == columns.end()) {
    throw UserError(ErrorCode::BadUsage, "cannot sort by " + query.sortColumn,
                    "there is no such column", columnsHint(query.sortColumn, columns));
  }
  if (query.limit.value_or(0) < 0) {
    throw UserError(ErrorCode::BadUsage, "cannot list features",
                    fmt::format("the limit {} is below 0", *query.limit));
  }
  const FeatureFilter filter(state_->database, query.where, columns);
  std::string sql =
      fmt::format("SELECT {} FROM feature_table {} ORDER BY {} IS NULL, {} {}, feature",
                  recordColumns(state_->fineTuned), filter.clause(), query.sortColumn,
                  query.sortColumn, query.descending ? "DESC" : "ASC");
  if (query.limit) sql += fmt::format(" LIMIT {}", *query.limit);

  std::vector<FeatureRecord> records;
  try {
    Statement rows(state_->database, sql);
    while (rows.step()) records.push_back(featureRecord(rows));
  } catch (const Interrupted&) {
    if (filter.tookTooLong()) filter.failTooLong();
    throw;
  }
  return records;
}

FeatureRecord IndexReader::feature(FeatureId feature) const {
  Statement row(state_->database, fmt::format("SELECT {} FROM feature_table WHERE feature = ?",
                                              recordColumns(state_->fineTuned)));
  row.bind(1, std::int64_t{feature.value});
  if (!row.step()) state_->failOutOfRange(feature);
  return featureRecord(row);
}

std::vector<ActivationRecord> IndexReader::topActivations(FeatureId feature,
                                                          std::int64_t limit) const {
  Statement known(state_->database, "SELECT 1 FROM feature WHERE feature = ?");
  if (!known.bind(1, std::int64_t{feature.value}).step()) state_->failOutOfRange(feature);

  Statement rows(state_->database,
                 "SELECT rank, position, token, str_token, context, activation, activation_ft "
                 "FROM top_activation WHERE feature = ? ORDER BY rank LIMIT ?");
  rows.bind(1, std::int64_t{feature.value}).bind(2, std::max<std::int64_t>(limit, 0));
  std::vector<ActivationRecord> records;
  while (rows.step()) {
    records.push_back({.rank = rows.integer(0),
                       .position = rows.integer(1),
                       .token = TokenId{static_cast<std::int32_t>(rows.integer(2))},
                       .strToken = rows.text(3),
                       .context = rows.text(4),
                       .activation = rows.real(5),
                       .activationFineTuned = optionalReal(rows, 6)});
  }
  return records;
}

ContextRecord IndexReader::context(Position position, std::int64_t before,
                                   std::int64_t after) const {
  // No sequence is longer than the corpus, so wider windows than that show nothing more.
  before = std::clamp<std::int64_t>(before, 0, state_->tokens);
  after = std::clamp<std::int64_t>(after, 0, state_->tokens);
  if (position < 0 || position >= state_->tokens) {
    throw UserError(ErrorCode::OutOfRange,
                    fmt::format("cannot show position {} of {}", position, state_->path.string()),
                    fmt::format("its corpus has {} tokens", state_->tokens));
  }
  Statement rows(state_->database,
                 "SELECT c.position, c.str_token FROM sequence AS s CROSS JOIN corpus AS c "
                 "WHERE s.start = (SELECT max(start) FROM sequence WHERE start <= ?1) "
                 "AND c.position BETWEEN max(s.start, ?1 - ?2) "
                 "AND min(s.start + s.length - 1, ?1 + ?3) ORDER BY c.position");
  rows.bind(1, position).bind(2, before).bind(3, after);
  ContextRecord record;
  while (rows.step()) {
    if (record.tokens.empty()) record.first = rows.integer(0);
    if (rows.integer(0) == position) record.peak = record.tokens.size();
    record.tokens.push_back(rows.text(1));
  }
  return record;
}

void IndexReader::interrupt() const { sqlite3_interrupt(state_->database.handle()); }

}  // namespace featurescope

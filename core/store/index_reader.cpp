// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/index_reader.h"

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/feature_filter.h"
#include "core/store/index_reader_state.h"
#include "core/store/partial_file.h"
#include "core/store/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <sys/stat.h>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// A column of feature_table.
struct Column {
  std::string_view name;
  int since = 1;           ///< version of the schema
  bool fineTuned = false;  ///< has values after a fine-tuning only
};
constexpr std::array<Column, 24> kColumns{{{"feature"},
                                           {"density"},
                                           {"active_tokens"},
                                           {"max"},
                                           {"mean_active"},
                                           {"dead"},
                                           {"cosine_to_dead"},
                                           {"decoder_norm"},
                                           {"encoder_bias"},
                                           {"top_token"},
                                           {"scale", 1, true},
                                           {"bias", 1, true},
                                           {"density_low", 2},
                                           {"density_high", 2},
                                           {"top_token_count", 2},
                                           {"top_token_share", 2},
                                           {"encoder_norm", 2},
                                           {"encoder_cosine_to_dead", 2},
                                           {"active_tokens_ft", 2, true},
                                           {"density_ft", 2, true},
                                           {"max_ft", 2, true},
                                           {"mean_active_ft", 2, true},
                                           {"postings", 2},
                                           {"postings_above", 2}}};

/// Why there is no such index, and what to do.
std::pair<std::string, std::string> reasonOfAbsence(const fs::path& path) {
  switch (unfinishedWriting(path)) {
    case Unfinished::BeingWritten:
      return {"it is being written and not complete yet",
              "wait until `featurescope index` is done"};
    case Unfinished::LeftBehind:
      return {"it was being written when its program was stopped, and nothing of it is complete",
              "build the index again with the same command"};
    case Unfinished::No:
      break;
  }
  return {"no such file", "check the path"};
}

void checkIsFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const std::string what = "cannot read " + path.string();
  if (!fs::exists(status)) {
    const auto [why, next] = reasonOfAbsence(path);
    throw UserError(ErrorCode::NotFound, what, why, next);
  }
  if (!fs::is_regular_file(status)) {
    throw UserError(ErrorCode::BadFile, what, "it is not a regular file",
                    "choose a file made by `featurescope index`");
  }
}

/// SQLite itself notices that pages are missing only where it needs them. And more tokens or
/// features than the file has bytes would keep a search busy for ever.
void checkIsWhole(const Database& database, std::int64_t tokens, std::int64_t features,
                  const fs::path& path) {
  fs::path log = path;
  log += "-wal";
  const std::int64_t size =
      database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size");
  const std::uintmax_t found = fs::file_size(path);
  if (tokens > size || features > size) database.fail(SQLITE_CORRUPT);
  // The log, where there is one, may hold the rest.
  if (std::cmp_less(found, size) && !fs::exists(log)) {
    throw UserError(ErrorCode::DatabaseError, "cannot read " + path.string(),
                    fmt::format("it ends after {} of {} bytes", found, size),
                    "copy it anew, or build the index again");
  }
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
  record.cosineToDead = row.optionalReal(6);
  record.decoderNorm = row.real(7);
  record.encoderBias = row.real(8);
  record.topToken = row.text(9);
  record.scale = row.optionalReal(10);
  record.bias = row.optionalReal(11);
  record.densityLow = row.optionalReal(12);
  record.densityHigh = row.optionalReal(13);
  record.topTokenCount = row.optionalInteger(14);
  record.encoderNorm = row.optionalReal(16);
  record.encoderCosineToDead = row.optionalReal(17);
  record.activeTokensFineTuned = row.optionalInteger(18);
  record.maxFineTuned = row.optionalReal(20);
  record.meanActiveFineTuned = row.optionalReal(21);
  record.postings = row.optionalInteger(22);
  record.postingsAbove = row.optionalReal(23);
  return record;
}

/// Every column of a record; those that this index does not have are NULL.
std::string recordColumns(int version, bool fineTuned) {
  std::vector<std::string_view> list;
  list.reserve(kColumns.size());
  for (const Column& column : kColumns) {
    const bool there = column.since <= version && (fineTuned || !column.fineTuned);
    list.push_back(there ? column.name : "NULL");
  }
  return fmt::format("{}", fmt::join(list, ", "));
}

ActivationRecord activationRecord(const Statement& row, ExampleKind kind) {
  return {.rank = row.integer(0),
          .position = row.integer(1),
          .token = TokenId{static_cast<std::int32_t>(row.integer(2))},
          .strToken = row.text(3),
          .context = row.text(4),
          .activation = row.real(5),
          .activationFineTuned = row.optionalReal(6),
          .kind = kind,
          .part = row.integer(7),
          .repeatOf = row.optionalInteger(8)};
}

constexpr std::array<std::string_view, 4> kExampleKinds{"top", "quantile", "random", "near miss"};

}  // namespace

IndexReader::State::State(const fs::path& given)
    : path(given),
      mark(FileMark::of(given)),
      database(given, Database::Access::Read, given),
      version(checkIsIndex(database, path)),
      // Their ids are 0, 1, …; counting rows would follow pages that are linked in a circle.
      features(database.integer("SELECT max(feature) + 1 FROM feature")),
      tokens(database.integer("SELECT max(position) + 1 FROM corpus_token")),
      fineTuned(database.integer("SELECT EXISTS (SELECT 1 FROM feature WHERE scale IS NOT NULL)") !=
                0) {
  checkIsWhole(database, tokens, features, path);
}

void IndexReader::State::failOutOfRange(FeatureId feature) const {
  throw UserError(ErrorCode::OutOfRange,
                  fmt::format("cannot show feature {} of {}", feature.value, path.string()),
                  features == 0 ? "it has no features"
                                : fmt::format("it has the features 0 to {}", features - 1));
}

IndexReader::State::FileMark IndexReader::State::FileMark::of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

void IndexReader::State::throwIfOverwritten() const {
  const FileMark now = FileMark::of(path);
  if (now == mark || now.inode != mark.inode || now.device != mark.device) return;
  throw UserError(ErrorCode::DatabaseError, "cannot read " + path.string(),
                  "another program has written into it since it was opened", "open it again");
}

void IndexReader::State::check(FeatureId feature) const {
  throwIfOverwritten();
  Statement known(database, "SELECT 1 FROM feature WHERE feature = ?");
  if (!known.bind(1, std::int64_t{feature.value}).step()) failOutOfRange(feature);
}

const TokenTexts& IndexReader::State::tokenTexts() {
  if (!tokenTexts_) tokenTexts_.emplace(database, version);
  return *tokenTexts_;
}

IndexReader::IndexReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
IndexReader::~IndexReader() = default;
IndexReader::IndexReader(IndexReader&&) noexcept = default;
IndexReader& IndexReader::operator=(IndexReader&&) noexcept = default;

IndexReader IndexReader::open(const fs::path& path) {
  checkIsFile(path);
  return IndexReader(std::make_unique<State>(path));
}

int IndexReader::version() const { return state_->version; }
std::int64_t IndexReader::featureCount() const { return state_->features; }
std::int64_t IndexReader::tokenCount() const { return state_->tokens; }
bool IndexReader::hasFineTuning() const { return state_->fineTuned; }

Provenance IndexReader::provenance() const {
  Provenance entries;
  Statement rows(state_->database, "SELECT key, value FROM provenance");
  while (rows.step()) entries.emplace(rows.text(0), rows.text(1));
  return entries;
}

namespace {

std::vector<std::string> columnsUpTo(int version, bool fineTuned) {
  std::vector<std::string> names;
  names.reserve(kColumns.size());
  for (const Column& column : kColumns) {
    if (column.since <= version && (fineTuned || !column.fineTuned)) {
      names.emplace_back(column.name);
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> IndexReader::featureColumns() const {
  return columnsUpTo(1, state_->fineTuned);
}

std::vector<std::string> IndexReader::allFeatureColumns() const {
  return columnsUpTo(state_->version, state_->fineTuned);
}

std::vector<FeatureRecord> IndexReader::features(const FeatureQuery& query) const {
  const std::vector<std::string> columns = allFeatureColumns();
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
                  recordColumns(state_->version, state_->fineTuned), filter.clause(),
                  query.sortColumn, query.sortColumn, query.descending ? "DESC" : "ASC");
  if (query.limit) sql += fmt::format(" LIMIT {}", *query.limit);

  std::vector<FeatureRecord> records;
  try {
    Statement rows(state_->database, sql);
    while (rows.step()) {
      records.push_back(featureRecord(rows));
      if (std::cmp_greater(records.size(), state_->features)) {
        state_->database.fail(SQLITE_CORRUPT);
      }
    }
  } catch (const Interrupted&) {
    if (filter.tookTooLong()) filter.failTooLong();
    throw;
  }
  return records;
}

FeatureRecord IndexReader::feature(FeatureId feature) const {
  state_->throwIfOverwritten();
  Statement row(state_->database, fmt::format("SELECT {} FROM feature_table WHERE feature = ?",
                                              recordColumns(state_->version, state_->fineTuned)));
  row.bind(1, std::int64_t{feature.value});
  if (!row.step()) state_->failOutOfRange(feature);
  return featureRecord(row);
}

std::vector<ActivationRecord> IndexReader::topActivations(FeatureId feature,
                                                          std::int64_t limit) const {
  return examples(feature, ExampleKind::Top, limit);
}

std::vector<ActivationRecord> IndexReader::examples(FeatureId feature, ExampleKind kind,
                                                    std::int64_t limit) const {
  state_->check(feature);
  const bool firstVersion = state_->version < 2;
  if (firstVersion && kind != ExampleKind::Top) return {};
  Statement rows(
      state_->database,
      fmt::format("SELECT rank, position, token, str_token, context, activation, activation_ft, {} "
                  "WHERE feature = ? AND kind = ? ORDER BY part, rank LIMIT ?",
                  firstVersion ? "0 AS part, NULL, 'top' AS kind FROM top_activation"
                               : "part, repeat_of FROM feature_example"));
  rows.bind(1, std::int64_t{feature.value});
  rows.bind(2, kExampleKinds[static_cast<std::size_t>(kind)]);
  rows.bind(3, std::max<std::int64_t>(limit, 0));
  std::vector<ActivationRecord> records;
  while (rows.step()) records.push_back(activationRecord(rows, kind));
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
    if (std::ssize(record.tokens) > before + after + 1) state_->database.fail(SQLITE_CORRUPT);
  }
  return record;
}

void IndexReader::interrupt() const {
  state_->interrupted = true;
  sqlite3_interrupt(state_->database.handle());
}

}  // namespace featurescope

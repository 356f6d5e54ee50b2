// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/index_writer.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/database.h"
#include "core/store/partial_file.h"
#include "core/store/schema.h"

#include <stdexcept>
#include <utility>

namespace featurescope {

namespace {

std::filesystem::path checked(std::filesystem::path path, bool force) {
  checkOutput(path, force);
  if (std::filesystem::is_directory(path)) {
    throw UserError(ErrorCode::CannotWrite, "cannot write " + path.string(), "it is a folder",
                    "choose another name");
  }
  return path;
}

/// Rows between two commits: some megabytes of log, which the next commit moves into the file.
constexpr std::int64_t kRowsACommit = 100'000;

Database makeDatabase(const PartialFile& file) {
  Database database(file.path(), Database::Access::Build, file.finalPath());
  migrate(database);
  database.execute("BEGIN");
  return database;
}

void bindOptional(Statement& statement, int parameter, const std::optional<double>& value) {
  if (value) {
    statement.bind(parameter, *value);
  } else {
    statement.bindNull(parameter);
  }
}

}  // namespace

struct IndexWriter::State {
  State(std::filesystem::path path, bool force)
      : file(checked(std::move(path), force)), database(makeDatabase(file)) {}

  // Declared first, removed last: after the connection is closed.
  PartialFile file;
  Database database;

  Statement insertVocabulary{database, "INSERT INTO vocabulary VALUES (?, ?)"};
  Statement insertToken{database, "INSERT INTO corpus_token VALUES (?, ?)"};
  Statement insertSplit{database, "INSERT INTO split_character VALUES (?, ?)"};
  Statement insertSequence{database, "INSERT INTO sequence VALUES (?, ?)"};
  Statement insertFeature{database, "INSERT INTO feature VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement insertActivation{database, "INSERT INTO activation VALUES (?, ?, ?, ?, ?)"};
  Statement insertProvenance{database, "INSERT OR REPLACE INTO provenance_entry VALUES (?, ?)"};
  Statement selectShown{database, "SELECT str_token FROM corpus WHERE position = ?"};

  std::vector<std::string> vocabulary;
  Position end = 0;  ///< position of the next token
  std::int64_t uncommittedRows = 0;

  /// Inserts one row. Commits from time to time, so that the log beside the file stays small.
  void insert(Statement& row) {
    row.run();
    if (++uncommittedRows < kRowsACommit) return;
    database.execute("COMMIT; BEGIN");
    uncommittedRows = 0;
  }

  std::string shownAt(Position position) {
    selectShown.bind(1, position);
    if (!selectShown.step()) throw std::logic_error("an activation outside of the corpus");
    std::string shown = selectShown.text(0);
    selectShown.reset();
    return shown;
  }

  /// Ends every statement and the connection, so that the file is complete.
  void complete() {
    database.execute("COMMIT");
    for (Statement* statement :
         {&insertVocabulary, &insertToken, &insertSplit, &insertSequence, &insertFeature,
          &insertActivation, &insertProvenance, &selectShown}) {
      statement->finalize();
    }
    database.leaveWriteAheadMode();
    database.close();
  }
};

IndexWriter::IndexWriter(std::filesystem::path path, bool force)
    : state_(std::make_unique<State>(std::move(path), force)) {}
IndexWriter::~IndexWriter() = default;
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;
IndexWriter& IndexWriter::operator=(IndexWriter&&) noexcept = default;

void IndexWriter::writeVocabulary(std::span<const std::string> display) {
  if (!state_->vocabulary.empty()) throw std::logic_error("the vocabulary is written once");
  state_->vocabulary.assign(display.begin(), display.end());
  std::int64_t token = 0;
  for (const std::string& text : display) {
    state_->insert(state_->insertVocabulary.bind(1, token++).bind(2, std::string_view(text)));
  }
}

void IndexWriter::appendSequence(std::span<const TokenId> tokens,
                                 std::span<const std::string> display) {
  if (tokens.size() != display.size()) throw std::logic_error("a token without its display string");
  if (tokens.empty()) return;
  State& state = *state_;
  const auto length = static_cast<std::int64_t>(tokens.size());
  state.insert(state.insertSequence.bind(1, state.end).bind(2, length));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::int32_t token = tokens[i].value;
    if (token < 0 || static_cast<std::size_t>(token) >= state.vocabulary.size()) {
      throw std::logic_error("a token outside of the vocabulary");
    }
    state.insert(state.insertToken.bind(1, state.end).bind(2, std::int64_t{token}));
    if (display[i] != state.vocabulary[static_cast<std::size_t>(token)]) {
      state.insert(state.insertSplit.bind(1, state.end).bind(2, std::string_view(display[i])));
    }
    ++state.end;
  }
}

void IndexWriter::appendFeature(const FeatureRecord& feature, std::span<const TopActivation> top) {
  State& state = *state_;
  const std::int64_t id = feature.feature.value;
  const std::string topToken = top.empty() ? std::string() : state.shownAt(top.front().position);
  Statement& row = state.insertFeature;
  row.bind(1, id).bind(2, feature.activeTokens).bind(3, feature.max).bind(4, feature.meanActive);
  bindOptional(row, 5, feature.cosineToDead);
  row.bind(6, feature.decoderNorm).bind(7, feature.encoderBias).bind(8, std::string_view(topToken));
  bindOptional(row, 9, feature.scale);
  bindOptional(row, 10, feature.bias);
  state.insert(row);

  std::int64_t rank = 1;
  for (const TopActivation& activation : top) {
    Statement& entry = state.insertActivation;
    entry.bind(1, id).bind(2, rank++).bind(3, activation.position);
    entry.bind(4, static_cast<double>(activation.activation));
    bindOptional(entry, 5, activation.activationFineTuned);
    state.insert(entry);
  }
}

void IndexWriter::writeProvenance(std::string_view key, std::string_view value) {
  state_->insert(state_->insertProvenance.bind(1, key).bind(2, value));
}

void IndexWriter::finish() {
  state_->complete();
  state_->file.commit();
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/index_writer.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/build_transaction.h"
#include "core/store/context_repeats.h"
#include "core/store/database.h"
#include "core/store/partial_file.h"
#include "core/store/posting_writer.h"
#include "core/store/schema.h"

#include <stdexcept>
#include <unordered_map>
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

Database makeDatabase(const PartialFile& file) {
  Database database(file.path(), Database::Access::Build, file.finalPath());
  migrate(database);
  return database;
}

template <class Enumeration>
std::int64_t code(Enumeration value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

struct IndexWriter::State {
  State(std::filesystem::path path, bool force, std::int64_t postingsBudget)
      : file(checked(std::move(path), force)),
        database(makeDatabase(file)),
        postings(database, transaction, postingsBudget) {}

  // Declared first, removed last: after the connection is closed.
  PartialFile file;
  Database database;
  BuildTransaction transaction{database};
  PostingWriter postings;
  bool postingsFinished = false;

  Statement insertVocabulary{database, "INSERT INTO vocabulary VALUES (?, ?, ?, 0)"};
  Statement countVocabulary{database, "UPDATE vocabulary SET occurrences = ? WHERE token = ?"};
  Statement insertToken{database, "INSERT INTO corpus_token VALUES (?, ?)"};
  Statement insertSplit{database, "INSERT INTO split_character VALUES (?, ?)"};
  Statement insertSequence{database, "INSERT INTO sequence VALUES (?, ?, ?)"};
  Statement insertFeature{
      database,
      "INSERT INTO feature VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement insertExample{database, "INSERT INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement insertBin{database, "INSERT INTO histogram_bin VALUES (?, ?, ?)"};
  Statement insertCount{database, "INSERT INTO histogram_count VALUES (?, ?, ?, ?)"};
  Statement insertTokenCount{database, "INSERT INTO token_count VALUES (?, ?, ?, ?)"};
  Statement insertLogit{database, "INSERT INTO logit VALUES (?, ?, ?, ?, ?)"};
  Statement insertNeighbour{database, "INSERT INTO near_feature VALUES (?, ?, ?, ?, ?)"};
  Statement insertProvenance{database, "INSERT OR REPLACE INTO provenance_entry VALUES (?, ?)"};

  std::vector<std::string> vocabulary;
  std::vector<std::int64_t> occurrences;                 ///< by token
  std::unordered_map<Position, std::string> splitShown;  ///< what differs from the vocabulary's
  ContextRepeats repeats;

  [[nodiscard]] const std::string& shownAt(Position position) const {
    const auto split = splitShown.find(position);
    if (split != splitShown.end()) return split->second;
    return vocabulary.at(static_cast<std::size_t>(repeats.token(position).value));
  }

  void finishPostings() {
    if (!std::exchange(postingsFinished, true)) postings.finish();
  }

  void insertExamples(FeatureId feature, ExampleKind kind, std::int64_t part,
                      std::span<const Example> examples) {
    std::int64_t rank = 1;
    for (const Example& example : examples) {
      insertExample.bind(1, std::int64_t{feature.value}).bind(2, code(kind)).bind(3, part);
      insertExample.bind(4, rank++).bind(5, example.position);
      insertExample.bind(6, static_cast<double>(example.activation));
      insertExample.bind(7, std::optional<double>(example.activationFineTuned));
      insertExample.bind(8, repeats.addExample(feature, example.position));
      transaction.insert(insertExample);
    }
  }

  void writeOccurrences() {
    for (std::size_t token = 0; token < occurrences.size(); ++token) {
      if (occurrences[token] == 0) continue;
      countVocabulary.bind(1, occurrences[token]).bind(2, static_cast<std::int64_t>(token));
      transaction.insert(countVocabulary);
    }
  }

  /// Ends every statement and the connection, so that the file is complete.
  void complete() {
    transaction.commit();
    postings.finalize();
    for (Statement* statement :
         {&insertVocabulary, &countVocabulary, &insertToken, &insertSplit, &insertSequence,
          &insertFeature, &insertExample, &insertBin, &insertCount, &insertTokenCount, &insertLogit,
          &insertNeighbour, &insertProvenance}) {
      statement->finalize();
    }
    database.leaveWriteAheadMode();
    database.close();
  }
};

IndexWriter::IndexWriter(std::filesystem::path path, bool force, std::int64_t postingsBudget)
    : state_(std::make_unique<State>(std::move(path), force, postingsBudget)) {}
IndexWriter::~IndexWriter() = default;
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;
IndexWriter& IndexWriter::operator=(IndexWriter&&) noexcept = default;

void IndexWriter::writeVocabulary(std::span<const std::string> display,
                                  std::span<const std::string> bytes) {
  State& state = *state_;
  if (!state.vocabulary.empty()) throw std::logic_error("the vocabulary is written once");
  if (!bytes.empty() && bytes.size() != display.size()) {
    throw std::logic_error("a token without its bytes");
  }
  state.vocabulary.assign(display.begin(), display.end());
  state.occurrences.resize(display.size());
  for (std::size_t token = 0; token < display.size(); ++token) {
    Statement& row = state.insertVocabulary;
    row.bind(1, static_cast<std::int64_t>(token)).bind(2, std::string_view(display[token]));
    if (bytes.empty()) {
      row.bindNull(3);
    } else {
      row.bindBlob(3, bytes[token]);
    }
    state.transaction.insert(row, 2 * display[token].size());
  }
}

void IndexWriter::appendSequence(std::span<const TokenId> tokens,
                                 std::span<const std::string> display) {
  if (tokens.size() != display.size()) throw std::logic_error("a token without its display string");
  if (tokens.empty()) return;
  State& state = *state_;
  const Position start = state.repeats.end();
  state.insertSequence.bind(1, start).bind(2, std::int64_t{std::ssize(tokens)});
  state.transaction.insert(state.insertSequence.bind(3, state.repeats.addSequence(tokens)));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Position position = start + static_cast<Position>(i);
    const auto token = static_cast<std::size_t>(tokens[i].value);
    if (tokens[i].value < 0 || token >= state.vocabulary.size()) {
      throw std::logic_error("a token outside of the vocabulary");
    }
    ++state.occurrences[token];
    state.insertToken.bind(1, position).bind(2, std::int64_t{tokens[i].value});
    state.transaction.insert(state.insertToken);
    if (display[i] != state.vocabulary[token]) {
      state.splitShown.emplace(position, display[i]);
      state.insertSplit.bind(1, position).bind(2, std::string_view(display[i]));
      state.transaction.insert(state.insertSplit, display[i].size());
    }
  }
  state.postings.addTokens(start, tokens);
}

void IndexWriter::appendActivations(Position first, std::span<const std::int64_t> indptr,
                                    std::span<const std::int32_t> features,
                                    std::span<const float> values) {
  if (state_->postingsFinished) throw std::logic_error("activations come before features");
  state_->postings.addActivations(first, indptr, features, values);
}

void IndexWriter::appendFeature(const FeatureRecord& feature, std::span<const Example> top) {
  State& state = *state_;
  state.finishPostings();
  const std::string topToken = top.empty() ? std::string() : state.shownAt(top.front().position);
  Statement& row = state.insertFeature;
  row.bind(1, std::int64_t{feature.feature.value}).bind(2, feature.activeTokens);
  row.bind(3, feature.max).bind(4, feature.meanActive).bind(5, feature.cosineToDead);
  row.bind(6, feature.decoderNorm).bind(7, feature.encoderBias);
  row.bind(8, std::string_view(topToken)).bind(9, feature.scale).bind(10, feature.bias);
  row.bind(11, feature.densityLow).bind(12, feature.densityHigh).bind(13, feature.topTokenCount);
  row.bind(14, feature.encoderNorm).bind(15, feature.encoderCosineToDead);
  row.bind(16, feature.activeTokensFineTuned).bind(17, feature.maxFineTuned);
  row.bind(18, feature.meanActiveFineTuned).bind(19, state.postings.stored(feature.feature));
  row.bind(20, static_cast<double>(state.postings.completeAbove(feature.feature)));
  state.transaction.insert(row, topToken.size() + 50);
  state.insertExamples(feature.feature, ExampleKind::Top, 0, top);
}

void IndexWriter::appendExamples(FeatureId feature, ExampleKind kind, std::int64_t part,
                                 std::span<const Example> examples) {
  if (kind == ExampleKind::Top) throw std::logic_error("top examples come with their feature");
  state_->insertExamples(feature, kind, part, examples);
}

void IndexWriter::writeHistogramEdges(std::span<const double> edges) {
  for (std::size_t bin = 0; bin + 1 < edges.size(); ++bin) {
    Statement& row = state_->insertBin.bind(1, static_cast<std::int64_t>(bin));
    state_->transaction.insert(row.bind(2, edges[bin]).bind(3, edges[bin + 1]));
  }
}

void IndexWriter::appendHistogram(FeatureId feature, std::span<const HistogramCount> counts) {
  for (const HistogramCount& entry : counts) {
    Statement& row = state_->insertCount.bind(1, std::int64_t{feature.value});
    row.bind(2, std::int64_t{entry.bin}).bind(3, entry.count).bind(4, entry.countFineTuned);
    state_->transaction.insert(row);
  }
}

void IndexWriter::appendFeatureTokens(FeatureId feature, std::span<const TokenCount> tokens) {
  std::int64_t rank = 1;
  for (const TokenCount& entry : tokens) {
    Statement& row = state_->insertTokenCount.bind(1, std::int64_t{feature.value}).bind(2, rank++);
    state_->transaction.insert(row.bind(3, std::int64_t{entry.token.value}).bind(4, entry.count));
  }
}

void IndexWriter::appendLogitTokens(FeatureId feature, std::span<const LogitToken> promoted,
                                    std::span<const LogitToken> suppressed) {
  for (const auto& [isSuppressed, tokens] :
       {std::pair{std::int64_t{0}, promoted}, std::pair{std::int64_t{1}, suppressed}}) {
    std::int64_t rank = 1;
    for (const LogitToken& entry : tokens) {
      Statement& row = state_->insertLogit.bind(1, std::int64_t{feature.value});
      row.bind(2, isSuppressed).bind(3, rank++).bind(4, std::int64_t{entry.token.value});
      state_->transaction.insert(row.bind(5, entry.value));
    }
  }
}

void IndexWriter::appendNeighbours(FeatureId feature, NeighbourRelation relation,
                                   std::span<const Neighbour> neighbours) {
  std::int64_t rank = 1;
  for (const Neighbour& entry : neighbours) {
    Statement& row = state_->insertNeighbour.bind(1, std::int64_t{feature.value});
    row.bind(2, code(relation)).bind(3, rank++).bind(4, std::int64_t{entry.feature.value});
    state_->transaction.insert(row.bind(5, entry.value));
  }
}

void IndexWriter::writeProvenance(std::string_view key, std::string_view value) {
  state_->transaction.insert(state_->insertProvenance.bind(1, key).bind(2, value), value.size());
}

void IndexWriter::finish() {
  state_->finishPostings();
  state_->writeOccurrences();
  state_->complete();
  state_->file.commit();
}

}  // namespace featurescope

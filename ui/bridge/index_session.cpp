// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/index_session.h"

#include "core/store/index_reader.h"
#include "core/study/notes.h"
#include "ui/bridge/hand_over.h"
#include "ui/bridge/paths.h"

#include <QStandardPaths>

#include <algorithm>
#include <utility>

namespace featurescope {

constexpr std::int64_t kMostActivations = 200;
constexpr std::int64_t kMostExamples = 60;  ///< of each other kind
constexpr std::int64_t kContextSide = 32;   ///< tokens on either side
constexpr std::int64_t kWideContextSide = 300;
constexpr std::size_t kMostCachedPages = 256;

IndexSession::Page IndexSession::PageCache::find(FeatureId feature) {
  const auto found = place_.find(feature);
  if (found == place_.end()) return nullptr;
  pages_.splice(pages_.begin(), pages_, found->second);
  return found->second->second;
}

void IndexSession::PageCache::insert(FeatureId feature, Page page) {
  if (find(feature)) return;
  pages_.emplace_front(feature, std::move(page));
  place_[feature] = pages_.begin();
  if (pages_.size() <= kMostCachedPages) return;
  place_.erase(pages_.back().first);
  pages_.pop_back();
}

void IndexSession::PageCache::clear() {
  pages_.clear();
  place_.clear();
}

IndexSession::IndexSession(QObject* parent) : QObject(parent) {}

IndexSession::~IndexSession() { ask(); }

IndexSession::Question IndexSession::ask() {
  const Question question = ++latest_;
  const std::lock_guard lock(interruptMutex_);
  if (reading_ != nullptr && running_ < question) reading_->interrupt();
  return question;
}

void IndexSession::setRunning(Question question) {
  const std::lock_guard lock(interruptMutex_);
  running_ = question;
  reading_ = question == 0 ? nullptr : reader_.get();
}

void IndexSession::open(const std::filesystem::path& path, const std::filesystem::path& index) {
  const Question question = ask();
  latestOpening_ = question;
  opening_ = true;
  emit opening(toQString(index.empty() ? path : index));
  thread_.add([=, this] { openThere(path, index, question); });
}

namespace {

/// Where this person's program keeps what belongs to no study.
std::filesystem::path personsFolder() {
  return toPath(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation));
}

/// An index and the study it was opened as a part of, if any.
struct Resolved {
  std::optional<Study> study;
  std::filesystem::path index;
};

Resolved resolve(const std::filesystem::path& path, const std::filesystem::path& index) {
  if (!Study::isStudy(path)) {
    if (std::filesystem::is_directory(path)) {
      throw UserError(ErrorCode::BadFile, "cannot open " + path.string(),
                      "this folder holds no study.json",
                      "choose a study folder or an index, a .sqlite file");
    }
    return {std::nullopt, std::filesystem::absolute(path)};
  }
  Resolved resolved{Study::open(path), {}};
  const std::vector<Study::Part>& parts = resolved.study->indexes;
  const auto asked = std::find_if(parts.begin(), parts.end(), [&](const Study::Part& part) {
    std::error_code error;
    return std::filesystem::equivalent(part.path, index, error);
  });
  // The part's own spelling of the path, so that whoever lists the parts finds it among them.
  if (asked != parts.end()) {
    resolved.index = asked->path;
  } else if (!parts.empty()) {
    resolved.index = parts.front().path;
  }
  return resolved;
}

}  // namespace

void IndexSession::openThere(const std::filesystem::path& path, const std::filesystem::path& index,
                             Question question) {
  if (question != latestOpening_) return;
  auto result = std::make_shared<OpenedIndex>();
  std::optional<Failure> failure;
  try {
    guarded("cannot open " + path.string(), [&] {
      Resolved resolved = resolve(path, index);
      result->study = std::move(resolved.study);
      result->indexPath = resolved.index;
      if (resolved.index.empty()) {
        reader_.reset();
        return;
      }
      auto reader = std::make_unique<IndexReader>(IndexReader::open(resolved.index));
      result->features = std::make_shared<const FeatureColumns>(
          FeatureColumns::from(reader->features(), reader->hasFineTuning(), reader->tokenCount()));
      result->tokens = reader->tokenCount();
      result->notesFile = notesFile(result->indexPath, result->study, personsFolder());
      result->provenance = reader->provenance();
      reader_ = std::move(reader);
    });
    readerOpening_ = question;
  } catch (...) {
    failure = currentFailure("cannot open " + path.string());
  }
  handOver(this, [=, this] {
    const bool latest = question == latestOpening_;
    if (latest) opening_ = false;
    if (failure) {
      if (latest) emit openFailed(toQString(path), *failure);
      return;
    }
    // A stale success is shown all the same: the session's thread reads from it now, and a
    // newer opening that follows may fail.
    current_ = result;
    currentOpening_ = question;
    cache_.clear();
    emit opened(current_);
  });
}

void IndexSession::showFeature(FeatureId feature, std::vector<FeatureId> neighbours) {
  if (!current_ || !current_->hasFeatures()) return;
  const Question question = ask();
  if (const Page page = cache_.find(feature)) {
    emit pageReady(page);
  } else {
    thread_.add(
        [=, this, opening = currentOpening_] { readPageThere(feature, question, opening); });
  }
  std::erase_if(neighbours, [this](FeatureId id) { return cache_.find(id) != nullptr; });
  readAhead(neighbours, question);
}

void IndexSession::readAhead(const std::vector<FeatureId>& features, Question question) {
  if (features.empty()) return;
  thread_.add(
      [=, this, opening = currentOpening_] { readAheadThere(features, question, opening); });
}

void IndexSession::readPageThere(FeatureId feature, Question question, Question opening) {
  if (question != latest_ || opening != readerOpening_) return;
  Page page;
  std::optional<Failure> failure;
  setRunning(question);
  try {
    page = readPage(feature);
  } catch (const Interrupted&) {
    setRunning(0);
    return;  // stale: a newer question interrupted it
  } catch (...) {
    failure = currentFailure("cannot read feature " + std::to_string(feature.value));
  }
  setRunning(0);
  handOver(this, [=, this] {
    if (opening != currentOpening_) return;
    if (page) cache_.insert(feature, page);
    if (question != latest_) return;
    if (failure) {
      emit pageFailed(feature, *failure);
    } else {
      emit pageReady(page);
    }
  });
}

void IndexSession::readAheadThere(const std::vector<FeatureId>& features, Question question,
                                  Question opening) {
  for (const FeatureId feature : features) {
    if (question != latest_ || opening != readerOpening_) return;
    setRunning(question);
    Page page;
    try {
      page = readPage(feature);
    } catch (...) {
      // Reading ahead is a favour: what fails here fails visibly when the feature is asked for.
      setRunning(0);
      return;
    }
    setRunning(0);
    handOver(this, [=, this] {
      if (opening == currentOpening_) cache_.insert(feature, page);
    });
  }
}

namespace {

/// The feature's values at the tokens of a context; 0 where none is stored.
std::vector<float> valuesAt(const ContextRecord& context, const Postings& postings) {
  std::vector<float> values(context.tokens.size(), 0);
  const auto& positions = postings.positions;
  const Position end = context.first + static_cast<Position>(context.tokens.size());
  for (auto at = std::lower_bound(positions.begin(), positions.end(), context.first);
       at != positions.end() && *at < end; ++at) {
    values[static_cast<std::size_t>(*at - context.first)] =
        postings.values[static_cast<std::size_t>(at - positions.begin())];
  }
  return values;
}

std::vector<ActivationRow> withContexts(std::vector<ActivationRecord> activations,
                                        const Postings& postings, const IndexReader& reader) {
  std::vector<ActivationRow> rows;
  rows.reserve(activations.size());
  for (ActivationRecord& activation : activations) {
    ContextRecord context = reader.context(activation.position, kContextSide, kContextSide);
    std::vector<float> values = valuesAt(context, postings);
    rows.push_back({std::move(activation), std::move(context), std::move(values)});
  }
  return rows;
}

}  // namespace

IndexSession::Page IndexSession::readPage(FeatureId feature) const {
  return guarded("cannot read feature " + std::to_string(feature.value), [&] {
    auto page = std::make_shared<FeaturePageData>();
    page->feature = reader_->feature(feature);
    page->tokens = reader_->tokenCount();
    const Postings postings = reader_->postings(feature);
    page->completeAbove = postings.completeAbove;
    page->activations =
        withContexts(reader_->topActivations(feature, kMostActivations), postings, *reader_);
    const auto examples = [&](ExampleKind kind) {
      return withContexts(reader_->examples(feature, kind, kMostExamples), postings, *reader_);
    };
    page->quantiles = examples(ExampleKind::Quantile);
    page->random = examples(ExampleKind::Random);
    page->nearMisses = examples(ExampleKind::NearMiss);
    page->histogram = reader_->histogram(feature);
    page->firesOn = reader_->featureTokens(feature);
    page->logits = reader_->logitTokens(feature);
    for (const NeighbourRelation relation :
         {NeighbourRelation::DecoderCosine, NeighbourRelation::EncoderCosine,
          NeighbourRelation::Jaccard, NeighbourRelation::Pearson}) {
      page->neighbours[static_cast<std::size_t>(relation)] = reader_->neighbours(feature, relation);
    }
    return page;
  });
}

void IndexSession::showContext(FeatureId feature, Position position) {
  if (!current_ || !current_->hasFeatures()) return;
  const Question question = ++latestContext_;
  thread_.add([=, this, opening = currentOpening_] {
    readContextThere(feature, position, question, opening);
  });
}

void IndexSession::readContextThere(FeatureId feature, Position position, Question question,
                                    Question opening) {
  if (question != latestContext_ || opening != readerOpening_) return;
  auto wide = std::make_shared<WideContext>();
  std::optional<Failure> failure;
  try {
    guarded("cannot read the text", [&] {
      wide->feature = feature;
      wide->position = position;
      wide->row.activation.position = position;
      wide->row.context = reader_->context(position, kWideContextSide, kWideContextSide);
      wide->row.values = valuesAt(wide->row.context, reader_->postings(feature));
    });
  } catch (...) {
    failure = currentFailure("cannot read the text");
  }
  handOver(this, [=, this] {
    if (opening != currentOpening_ || question != latestContext_) return;
    if (failure) {
      emit pageFailed(feature, *failure);
    } else {
      emit contextReady(wide);
    }
  });
}

}  // namespace featurescope

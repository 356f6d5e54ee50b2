// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/note_keeper.h"

#include "ui/bridge/hand_over.h"

#include <utility>

namespace featurescope {

namespace {

constexpr int kLookEveryMilliseconds = 2000;

/// The SAE by its hash; an index too old to know it, by its name.
std::string saeOf(const OpenedIndex& opened) {
  for (const char* key : {"sae_hash", "sae"}) {
    const auto found = opened.provenance.find(key);
    if (found != opened.provenance.end()) return found->second;
  }
  return opened.indexPath.filename().string();
}

/// `later` after `change`: what it names replaces what was to be changed.
void merge(NoteChange& change, const NoteChange& later) {
  if (later.label) change.label = later.label;
  if (later.notes) change.notes = later.notes;
  if (later.bookmarked) change.bookmarked = later.bookmarked;
}

}  // namespace

NoteKeeper::NoteKeeper(QObject* parent) : QObject(parent) {
  timer_.setInterval(kLookEveryMilliseconds);
  connect(&timer_, &QTimer::timeout, this, [this] {
    look();
    if (saved()) return;
    timer_.stop();  // until it is known what became of this: saving may have to wait for others
    save();
  });
}

NoteKeeper::~NoteKeeper() { thread_.finish(); }

void NoteKeeper::setOpened(const OpenedIndex& opened) {
  if (!saved()) save();
  unsaved_.clear();  // on their way to the book they belong to
  notes_.clear();
  told_ = false;
  if (!opened.hasFeatures()) {
    timer_.stop();
    book_ = {};
  } else {
    book_ = {opened.notesFile, saeOf(opened)};
    timer_.start();
    look();
  }
  emit loaded();
  emit savedChanged(true);
}

FeatureNote NoteKeeper::note(FeatureId feature) const {
  const auto found = notes_.find(feature);
  return found == notes_.end() ? FeatureNote{} : found->second;
}

void NoteKeeper::change(FeatureId feature, const NoteChange& change) {
  if (book_.file.empty()) return;
  FeatureNote changedNote = note(feature);
  change.apply(changedNote);
  if (changedNote == note(feature)) return;
  if (changedNote.empty()) {
    notes_.erase(feature);
  } else {
    notes_[feature] = changedNote;
  }
  merge(unsaved_[feature], change);
  ++version_;
  emit changed(feature);
  emit savedChanged(false);
  save();
}

void NoteKeeper::saveNow() {
  told_ = false;
  save();
}

/// Writes what is unsaved now. It counts as saved only when this very state has been written.
void NoteKeeper::save() {
  thread_.add([this, book = book_, changes = unsaved_, version = version_] {
    std::optional<Failure> failure;
    FeatureNotes notes;
    try {
      notes = changeNotes(book.file, book.saeHash, changes);
      seen_ = std::filesystem::last_write_time(book.file);
      seenBook_ = book;
    } catch (...) {
      failure = currentFailure("cannot save the notes");
    }
    handOver(this, [this, book, version, failure, notes] {
      if (!book_.file.empty()) timer_.start();
      if (book != book_) {
        if (failure) emit failed(*failure);
        return;
      }
      if (failure) {
        if (!std::exchange(told_, true)) emit failed(*failure);
        return;
      }
      told_ = false;
      if (version != version_) return;  // a later change is on its way
      unsaved_.clear();
      take(book, notes);
      emit savedChanged(true);
    });
  });
}

/// Reads the file if somebody else changed it.
void NoteKeeper::look() {
  thread_.add([this, book = book_, version = version_] {
    std::optional<Failure> failure;
    FeatureNotes notes;
    try {
      std::error_code error;
      const auto changedAt = std::filesystem::last_write_time(book.file, error);
      const auto known = error ? std::filesystem::file_time_type{} : changedAt;
      if (book == seenBook_ && known == seen_) return;
      seenBook_ = book;
      seen_ = known;
      notes = readNotes(book.file, book.saeHash);
    } catch (...) {
      failure = currentFailure("cannot read the notes");
    }
    handOver(this, [this, book, version, failure, notes] {
      if (book != book_) return;
      if (failure) {
        emit failed(*failure);
      } else if (version == version_ && saved()) {
        take(book, notes);
      }
    });
  });
}

void NoteKeeper::take(const Book& book, const FeatureNotes& notes) {
  if (book != book_ || notes == notes_) return;
  notes_ = notes;
  emit loaded();
}

}  // namespace featurescope

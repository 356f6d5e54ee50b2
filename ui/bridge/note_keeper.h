// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/task_line.h"
#include "core/study/notes.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/opened_index.h"

#include <QObject>
#include <QTimer>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace featurescope {

/// The notes on the open index's features. A change shows at once and is written at once on a
/// thread of its own; what cannot be written is kept and tried again. Changes that another window
/// makes in the same file appear within a few seconds. Lives on the GUI thread.
class NoteKeeper : public QObject {
  Q_OBJECT
 public:
  explicit NoteKeeper(QObject* parent = nullptr);
  /// Waits until everything is written.
  ~NoteKeeper() override;

  void setOpened(const OpenedIndex& opened);
  void change(FeatureId feature, const NoteChange& change);
  /// Tries once more to write what is unsaved; a failure is told again.
  void saveNow();

  [[nodiscard]] FeatureNote note(FeatureId feature) const;
  [[nodiscard]] const FeatureNotes& all() const { return notes_; }
  /// Nothing waits to be written.
  [[nodiscard]] bool saved() const { return unsaved_.empty(); }

 signals:
  /// One feature's note.
  void changed(featurescope::FeatureId feature);
  /// Any number of them.
  void loaded();
  void savedChanged(bool saved);
  void failed(const featurescope::Failure& failure);

 private:
  struct Book {
    std::filesystem::path file;
    std::string saeHash;
    bool operator==(const Book&) const = default;
  };

  void save();
  void look();
  void take(const Book& book, const FeatureNotes& notes);

  Book book_;
  FeatureNotes notes_;
  std::map<FeatureId, NoteChange> unsaved_;
  std::uint64_t version_ = 0;  ///< of unsaved_
  bool told_ = false;          ///< that writing fails
  QTimer timer_;
  std::filesystem::file_time_type seen_{};  ///< the thread's: of the file as last read
  Book seenBook_;                           ///< the thread's
  TaskLine thread_;
};

}  // namespace featurescope

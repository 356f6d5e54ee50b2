// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/task_line.h"
#include "core/study/run_record.h"
#include "ui/bridge/failure.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace featurescope {

/// Looks at run folders once a second, also at those that another program writes, and tells what
/// changed. Lives on the GUI thread; files are read on a thread of its own.
class RunWatch : public QObject {
  Q_OBJECT
 public:
  explicit RunWatch(QObject* parent = nullptr);

  /// The folders to look at from now on, and one in which runs may appear at any time, as those of
  /// the command line do; those that were watched before go on where they are.
  void setRuns(const std::vector<std::filesystem::path>& runs,
               const std::filesystem::path& folder = {});
  /// A run that is about to be made: that its folder is not there yet is no failure. `began` tells
  /// when it is.
  void expect(const std::filesystem::path& run);
  /// `began` tells when a run that somebody wants to see was read.
  void announce(const std::filesystem::path& run);

 signals:
  /// The folders that are watched from now on.
  void listed(const std::vector<std::filesystem::path>& runs);
  void changed(const std::shared_ptr<const featurescope::RunRecord>& record);
  /// After the first `changed` of a run that was expected or to be announced.
  void began(const std::shared_ptr<const featurescope::RunRecord>& record);
  /// A folder that cannot be read; told once, until it can be read again.
  void failed(const std::filesystem::path& run, const featurescope::Failure& failure);

 private:
  struct Watched {
    RunFollower follower;
    bool failing = false;
  };

  void look();
  void lookThere();
  void findThere();
  void watchThere(const std::vector<std::filesystem::path>& runs);

  std::vector<std::filesystem::path> named_, all_;  ///< the thread's: as asked for, and with found
  std::filesystem::path folder_;                    ///< the thread's
  std::set<std::filesystem::path> expected_, announced_;  ///< the thread's
  std::map<std::filesystem::path, Watched> watched_;      ///< the thread's
  bool looking_ = false;
  QTimer timer_;
  TaskLine thread_;
};

}  // namespace featurescope

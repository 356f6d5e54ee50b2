// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/run_record.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/serial_thread.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

namespace featurescope {

/// Looks at run folders once a second, also at those that another program writes, and tells what
/// changed. Lives on the GUI thread; files are read on a thread of its own.
class RunWatch : public QObject {
  Q_OBJECT
 public:
  explicit RunWatch(QObject* parent = nullptr);

  /// The folders to look at from now on; those that were watched before go on where they are.
  void setRuns(const std::vector<std::filesystem::path>& runs);

 signals:
  /// The folders that are watched from now on.
  void listed(const std::vector<std::filesystem::path>& runs);
  void changed(const std::shared_ptr<const featurescope::RunRecord>& record);
  /// A folder that cannot be read; told once, until it can be read again.
  void failed(const std::filesystem::path& run, const featurescope::Failure& failure);

 private:
  struct Watched {
    RunFollower follower;
    bool failing = false;
  };

  void look();
  void lookThere();

  std::map<std::filesystem::path, Watched> watched_;  ///< the thread's
  bool looking_ = false;
  QTimer timer_;
  SerialThread thread_;
};

}  // namespace featurescope

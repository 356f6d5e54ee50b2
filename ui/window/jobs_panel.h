// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/jobs_model.h"

#include <QWidget>

#include <optional>
#include <vector>

class QPlainTextEdit;
class QVBoxLayout;

namespace featurescope {

class JobRow;

/// The jobs with their progress, a row each, and the log of one of them.
class JobsPanel : public QWidget {
  Q_OBJECT
 public:
  /// `queue` must outlive the panel.
  explicit JobsPanel(JobQueue& queue, QWidget* parent = nullptr);

 private:
  void rebuild();
  void refresh(int row);
  void toggleLog(JobId id);
  void showLog();

  JobQueue& queue_;
  JobsModel model_;
  QVBoxLayout* rows_;
  QPlainTextEdit* log_;
  std::vector<JobRow*> shown_;
  std::optional<JobId> logged_;
};

}  // namespace featurescope

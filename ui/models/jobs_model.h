// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/job_queue.h"

#include <QAbstractListModel>

namespace featurescope {

/// The jobs of a queue, a row each, in the order they run.
class JobsModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role {
    IdRole = Qt::UserRole,
    KindRole,
    TitleRole,
    StateRole,     ///< JobState as an int
    FractionRole,  ///< 0 to 1, or −1 when the total is not known
    StatusRole,    ///< "43% · 18,420 tokens/s · 11 min left"
    EndedRole,     ///< bool: it can be dismissed
    CanPauseRole,  ///< bool
    CanGoOnRole,   ///< bool: it is paused, or ended early and kept enough
    KeepsRole,     ///< bool: stopping it loses nothing
    AdviceRole,    ///< of a failed job: why, and what to do
    LogRole,       ///< QStringList
  };

  /// `queue` must outlive the model.
  explicit JobsModel(JobQueue& queue, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  [[nodiscard]] int rowOf(JobId id) const;
  void reset();

  JobQueue& queue_;
  std::vector<JobId> ids_;
};

/// The line beside a job's bar.
[[nodiscard]] QString statusLine(const Job& job);

}  // namespace featurescope

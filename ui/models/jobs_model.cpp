// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/jobs_model.h"

#include "ui/models/number_format.h"

#include <QCoreApplication>

#include <algorithm>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("JobsModel", text); }

double fraction(const Job& job) {
  if (job.state == JobState::Done) return 1;
  if (job.progress.total == 0) return job.state == JobState::Running ? -1 : 0;
  return static_cast<double>(job.progress.done) / static_cast<double>(job.progress.total);
}

QString runningLine(const JobProgress& progress) {
  QStringList parts;
  if (progress.total > 0) {
    const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
    parts.append(QStringLiteral("%1%").arg(static_cast<int>(share * 100)));
  } else if (progress.done > 0) {
    parts.append(formatCount(static_cast<std::int64_t>(progress.done)) + QLatin1Char(' ') +
                 progress.unit);
  }
  if (!progress.stage.isEmpty()) parts.append(progress.stage);
  if (progress.perSecond > 0) parts.append(formatRate(progress.perSecond, progress.unit));
  if (!progress.detail.isEmpty()) parts.append(progress.detail);
  if (progress.secondsLeft) {
    parts.append(translated("%1 left").arg(formatDuration(*progress.secondsLeft)));
  }
  return parts.isEmpty() ? translated("starting") : parts.join(QStringLiteral(" · "));
}

QString sharePart(const JobProgress& progress) {
  if (progress.total == 0) return {};
  const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
  return QStringLiteral(" · %1%").arg(static_cast<int>(share * 100));
}

bool canGoOn(const Job& job) {
  if (job.stopping) return false;
  if (job.state == JobState::Paused || job.pausing) return true;
  return job.canGoOn && (job.state == JobState::Interrupted || job.state == JobState::Failed);
}

QString advice(const Job& job) {
  if (!job.failure) return {};
  return job.failure->next.isEmpty() ? job.failure->sentence()
                                     : job.failure->sentence() + u'\n' + job.failure->next;
}

}  // namespace

QString statusLine(const Job& job) {
  switch (job.state) {
    case JobState::Queued:
      return translated("queued");
    case JobState::Running:
      if (job.stopping) return translated("stopping…");
      return job.pausing ? translated("pausing…") : runningLine(job.progress);
    case JobState::Paused:
      return job.stopping ? translated("stopping…")
                          : translated("paused") + sharePart(job.progress);
    case JobState::Interrupted:
      return job.result.isEmpty() ? translated("interrupted")
                                  : translated("interrupted") + QStringLiteral(" · ") + job.result;
    case JobState::Done: {
      const QString took = translated("done in %1").arg(formatDuration(job.seconds));
      return job.result.isEmpty() ? took : took + QStringLiteral(" · ") + job.result;
    }
    case JobState::Failed:
      return job.failure ? translated("failed: %1").arg(job.failure->why) : translated("failed");
    case JobState::Cancelled:
      return translated("cancelled");
  }
  return {};
}

JobsModel::JobsModel(JobQueue& queue, QObject* parent) : QAbstractListModel(parent), queue_(queue) {
  connect(&queue_, &JobQueue::added, this, [this](JobId id) {
    const auto row = static_cast<int>(ids_.size());
    beginInsertRows({}, row, row);
    ids_.push_back(id);
    endInsertRows();
  });
  connect(&queue_, &JobQueue::changed, this, [this](JobId id) {
    const int row = rowOf(id);
    if (row >= 0) emit dataChanged(index(row), index(row));
  });
  connect(&queue_, &JobQueue::removed, this, [this](JobId id) {
    const int row = rowOf(id);
    if (row < 0) return;
    beginRemoveRows({}, row, row);
    ids_.erase(ids_.begin() + row);
    endRemoveRows();
  });
  connect(&queue_, &JobQueue::reordered, this, &JobsModel::reset);
  reset();
}

void JobsModel::reset() {
  beginResetModel();
  ids_.clear();
  for (const Job& job : queue_.jobs()) ids_.push_back(job.id);
  endResetModel();
}

int JobsModel::rowOf(JobId id) const {
  const auto found = std::find(ids_.begin(), ids_.end(), id);
  return found == ids_.end() ? -1 : static_cast<int>(found - ids_.begin());
}

int JobsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(ids_.size());
}

QVariant JobsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Job* job = queue_.find(ids_[static_cast<std::size_t>(index.row())]);
  if (job == nullptr) return {};
  switch (role) {
    case Qt::DisplayRole:
      return QString(job->kind + QLatin1Char(' ') + job->title);
    case IdRole:
      return job->id;
    case KindRole:
      return job->kind;
    case TitleRole:
      return job->title;
    case StateRole:
      return static_cast<int>(job->state);
    case FractionRole:
      return fraction(*job);
    case StatusRole:
      return statusLine(*job);
    case EndedRole:
      return job->ended();
    case CanPauseRole:
      return job->state == JobState::Running && !job->stopping && !job->pausing;
    case CanGoOnRole:
      return canGoOn(*job);
    case KeepsRole:
      return job->canGoOn;
    case AdviceRole:
      return advice(*job);
    case LogRole:
      return job->log;
    default:
      return {};
  }
}

}  // namespace featurescope

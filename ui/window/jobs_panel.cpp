// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/jobs_panel.h"

#include "ui/pages/fonts.h"

#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace featurescope {

constexpr int kBarSteps = 1000;
constexpr int kTitleWidth = 260;

/// One job. It shows what it is told and says what was pressed.
class JobRow : public QWidget {
  Q_OBJECT
 public:
  JobRow()
      : kind_(new QLabel),
        title_(new QLabel),
        bar_(new QProgressBar),
        status_(new QLabel),
        next_(new QPushButton(tr("Run next"))),
        pause_(new QPushButton),
        log_(new QPushButton(tr("Log"))),
        cancel_(new QPushButton) {
    kind_->setObjectName("jobKind");
    title_->setObjectName("jobTitle");
    title_->setMaximumWidth(kTitleWidth);
    for (QLabel* label : {kind_, title_, status_}) label->setTextFormat(Qt::PlainText);
    bar_->setObjectName("jobProgress");
    bar_->setTextVisible(false);
    bar_->setMinimumWidth(80);
    status_->setObjectName("jobStatus");
    next_->setObjectName("jobNext");
    next_->setProperty("role", "flat");
    next_->setToolTip(tr("Before all others that wait"));
    pause_->setObjectName("jobPause");
    pause_->setProperty("role", "flat");
    log_->setObjectName("jobLog");
    log_->setProperty("role", "flat");
    cancel_->setObjectName("jobCancel");
    cancel_->setProperty("role", "flat");
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(12, 2, 8, 2);
    columns->setSpacing(10);
    columns->addWidget(kind_);
    columns->addWidget(title_);
    columns->addWidget(bar_, 1);
    columns->addWidget(status_);
    columns->addWidget(next_);
    columns->addWidget(pause_);
    columns->addWidget(log_);
    columns->addWidget(cancel_);
    connect(next_, &QPushButton::clicked, this, &JobRow::nextPressed);
    connect(pause_, &QPushButton::clicked, this, [this] {
      if (goesOn_) {
        emit goOnPressed();
      } else {
        emit pausePressed();
      }
    });
    connect(log_, &QPushButton::clicked, this, &JobRow::logPressed);
    connect(cancel_, &QPushButton::clicked, this, &JobRow::cancelPressed);
  }

  void showJob(const QModelIndex& job) {
    kind_->setText(job.data(JobsModel::KindRole).toString());
    const QString title = job.data(JobsModel::TitleRole).toString();
    title_->setText(QFontMetrics(title_->font()).elidedText(title, Qt::ElideMiddle, kTitleWidth));
    title_->setToolTip(title);
    const double fraction = job.data(JobsModel::FractionRole).toDouble();
    bar_->setRange(0, fraction < 0 ? 0 : kBarSteps);
    bar_->setValue(static_cast<int>(fraction * kBarSteps));
    bar_->setAccessibleName(tr("Progress of %1").arg(title));
    status_->setText(job.data(JobsModel::StatusRole).toString());
    status_->setToolTip(job.data(JobsModel::AdviceRole).toString());
    const auto state = static_cast<JobState>(job.data(JobsModel::StateRole).toInt());
    status_->setProperty("state", state == JobState::Failed ? "failed" : "");
    status_->style()->unpolish(status_);
    status_->style()->polish(status_);
    const bool ended = job.data(JobsModel::EndedRole).toBool();
    // It only grows, so that the bar does not tremble with every figure.
    widest_ = std::max(widest_, status_->sizeHint().width());
    status_->setMinimumWidth(ended ? 0 : widest_);
    bar_->setVisible(!ended || state == JobState::Done);
    // Without the bar the status stands where it was.
    const bool alone = ended && state != JobState::Done;
    status_->setAlignment((alone ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    status_->setSizePolicy(alone ? QSizePolicy::Expanding : QSizePolicy::Preferred,
                           QSizePolicy::Preferred);
    next_->setVisible(state == JobState::Queued);
    log_->setVisible(state != JobState::Queued &&
                     !job.data(JobsModel::LogRole).toStringList().isEmpty());
    showButtons(job, title);
  }

 signals:
  void nextPressed();
  void pausePressed();
  void goOnPressed();
  void logPressed();
  void cancelPressed();

 private:
  void showButtons(const QModelIndex& job, const QString& title) {
    const bool ended = job.data(JobsModel::EndedRole).toBool();
    goesOn_ = job.data(JobsModel::CanGoOnRole).toBool();
    pause_->setVisible(goesOn_ || job.data(JobsModel::CanPauseRole).toBool());
    pause_->setText(goesOn_ ? tr("Go on") : tr("Pause"));
    pause_->setToolTip(goesOn_ ? QString()
                               : tr("It waits with all it has computed; the next job may run"));
    pause_->setAccessibleName(pause_->text() + u' ' + title);
    const bool keeps = job.data(JobsModel::KeepsRole).toBool();
    cancel_->setText(ended ? tr("Dismiss") : keeps ? tr("Stop") : tr("Cancel"));
    cancel_->setToolTip(!ended && keeps ? tr("Ends it with its state saved, to go on with later")
                                        : QString());
    cancel_->setAccessibleName(cancel_->text() + u' ' + title);
  }

  QLabel *kind_, *title_;
  QProgressBar* bar_;
  QLabel* status_;
  QPushButton *next_, *pause_, *log_, *cancel_;
  bool goesOn_ = false;  ///< what the pause button does
  int widest_ = 0;
};

JobsPanel::JobsPanel(JobQueue& queue, QWidget* parent)
    : QWidget(parent),
      queue_(queue),
      model_(queue),
      rows_(new QVBoxLayout),
      log_(new QPlainTextEdit) {
  setObjectName("jobsPanel");
  setAccessibleName(tr("Jobs"));
  setAttribute(Qt::WA_StyledBackground);
  log_->setObjectName("jobLogText");
  log_->setAccessibleName(tr("Log of the job"));
  log_->setReadOnly(true);
  log_->setFont(tokenFont(12));
  log_->setFixedHeight(140);
  log_->hide();
  rows_->setSpacing(0);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 4, 0, 4);
  layout->setSpacing(4);
  layout->addLayout(rows_);
  auto* logMargin = new QHBoxLayout;
  logMargin->setContentsMargins(12, 0, 12, 4);
  logMargin->addWidget(log_);
  layout->addLayout(logMargin);

  connect(&model_, &QAbstractItemModel::rowsInserted, this, &JobsPanel::rebuild);
  connect(&model_, &QAbstractItemModel::rowsRemoved, this, &JobsPanel::rebuild);
  connect(&model_, &QAbstractItemModel::modelReset, this, &JobsPanel::rebuild);
  connect(&model_, &QAbstractItemModel::dataChanged, this,
          [this](const QModelIndex& index) { refresh(index.row()); });
  rebuild();
}

void JobsPanel::rebuild() {
  const auto count = static_cast<std::size_t>(model_.rowCount());
  while (shown_.size() > count) {
    shown_.back()->deleteLater();
    rows_->removeWidget(shown_.back());
    shown_.pop_back();
  }
  while (shown_.size() < count) {
    auto* row = new JobRow;
    const auto place = static_cast<int>(shown_.size());
    const auto id = [this, place] { return model_.index(place).data(JobsModel::IdRole).toInt(); };
    connect(row, &JobRow::nextPressed, this, [this, id] { queue_.runNext(id()); });
    connect(row, &JobRow::pausePressed, this, [this, id] { queue_.pause(id()); });
    connect(row, &JobRow::goOnPressed, this, [this, id] { queue_.goOn(id()); });
    connect(row, &JobRow::logPressed, this, [this, id] { toggleLog(id()); });
    connect(row, &JobRow::cancelPressed, this, [this, id, place] {
      if (model_.index(place).data(JobsModel::EndedRole).toBool()) {
        queue_.dismiss(id());
      } else {
        queue_.cancel(id());
      }
    });
    rows_->addWidget(row);
    shown_.push_back(row);
  }
  for (int row = 0; row < model_.rowCount(); ++row) refresh(row);
  if (logged_ && queue_.find(*logged_) == nullptr) logged_.reset();
  showLog();
  setVisible(count > 0);
}

void JobsPanel::refresh(int row) {
  const QModelIndex index = model_.index(row);
  shown_[static_cast<std::size_t>(row)]->showJob(index);
  if (logged_ == index.data(JobsModel::IdRole).toInt()) showLog();
}

void JobsPanel::toggleLog(JobId id) {
  logged_ = logged_ == id ? std::nullopt : std::optional(id);
  showLog();
}

void JobsPanel::showLog() {
  const Job* job = logged_ ? queue_.find(*logged_) : nullptr;
  log_->setVisible(job != nullptr);
  if (job == nullptr) return;
  const QString text = job->log.join(u'\n');
  if (text == log_->toPlainText()) return;
  log_->setPlainText(text);
  log_->verticalScrollBar()->setValue(log_->verticalScrollBar()->maximum());
}

}  // namespace featurescope

#include "jobs_panel.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/errands.h"
#include "ui/bridge/form.h"
#include "ui/bridge/job_queue.h"
#include "ui/bridge/opened_index.h"

#include <QObject>
#include <QPointer>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

class QWidget;

namespace featurescope {

class JobDialog;
struct InterruptedRun;

/// Where jobs are asked for and started: it opens the dialogs, proposes what the open study and the
/// last time suggest, submits, and says what came of it. It offers to go on with runs that ended
/// early. GUI thread.
class JobDesk : public QObject {
  Q_OBJECT
 public:
  /// `queue` and `window`, over which dialogs open, outlive the desk.
  JobDesk(JobQueue& queue, QWidget& window);
  /// Closes its dialog, which ends what is measured for it.
  ~JobDesk() override;

  /// What is open now; its runs that ended early are offered.
  void setOpened(std::shared_ptr<const OpenedIndex> opened);
  /// Whether what is typed is remembered.
  void setRemembering(bool remembering) { remembering_ = remembering; }

  void askForIndex();
  void askForTraining();
  void askForEvaluation();
  void askForFineTuning();
  void askForImport(const FormValues& proposal = {});
  /// Files or folders were dropped on the window: models, SAEs and texts are proposed for the
  /// study, a run or something to open is passed on.
  void takeDropped(const QStringList& paths);

  /// The same without a dialog.
  void startIndex(const FormValues& values);
  void startTraining(const FormValues& values);
  void startEvaluation(const FormValues& values);
  void startFineTuning(const FormValues& values);
  void startImport(const FormValues& values);
  /// A job that goes on with a run folder.
  void resume(const std::filesystem::path& run);

 signals:
  void failed(const featurescope::Failure& failure);
  void indexBuilt(const std::filesystem::path& index);
  /// The run has a place; its folder appears as soon as its inputs are read.
  void runSubmitted(const std::filesystem::path& run);
  void evaluated(const std::filesystem::path& result);
  /// What was dropped is a study or an index, or nothing that we know.
  void openRequested(const std::filesystem::path& path);
  void runRequested(const std::filesystem::path& run);
  /// The study of an import is there.
  void imported(const std::filesystem::path& study);

 private:
  using Start = void (JobDesk::*)(const FormValues&);

  void ask(std::shared_ptr<const Form> form, const FormValues& proposal, Start start);
  [[nodiscard]] FormValues proposal(const Form& form, const QString& folder, const QString& stem,
                                    const QString& suffix);
  void proposeSite(FormValues& values) const;
  [[nodiscard]] std::optional<std::filesystem::path> studyFolder() const;
  void offerInterruptedRuns();
  void offer(const InterruptedRun& run);
  /// Submits what `make` returns; what it throws is told.
  void submit(const QString& kind, const QString& title,
              const std::function<JobQueue::Body()>& make, JobQueue::Body goOn,
              std::function<void()> whenDone);
  void startRun(const QString& kind, const QString& what, const FormValues& values,
                const std::function<JobQueue::Body()>& make);
  void onFinished(JobId id);
  void remember(const Form& form, const FormValues& values) const;

  JobQueue& queue_;
  QWidget& window_;
  std::shared_ptr<const OpenedIndex> opened_;
  std::map<JobId, std::function<void()>> whenDone_;
  std::set<std::filesystem::path> known_;  ///< runs that have a job already
  int submitted_ = 0;
  QPointer<JobDialog> dialog_;  ///< the open one
  bool remembering_ = true;
  Errands worker_;  ///< last: it ends before what it uses
};

}  // namespace featurescope

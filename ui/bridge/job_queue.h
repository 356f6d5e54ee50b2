// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "ui/bridge/failure.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace featurescope {

/// Names one job for as long as the queue lives; never used twice.
using JobId = int;

enum class JobState { Queued, Running, Done, Failed, Cancelled };

/// How far a job is, with what a person wants to know of it. `total` 0: unknown.
struct JobProgress {
  QString stage, unit, detail;
  std::uint64_t done = 0, total = 0;
  double perSecond = 0;               ///< units a second since the stage began; 0: not known yet
  std::optional<double> secondsLeft;  ///< of this stage
};

struct Job {
  JobId id = 0;
  QString kind;   ///< a word: "Index"
  QString title;  ///< what of: "sae on wikitext.txt"
  JobState state = JobState::Queued;
  bool stopping = false;  ///< asked to stop, not yet stopped
  JobProgress progress;
  QStringList log;
  QString result;                  ///< what a finished job made, in a sentence
  std::optional<Failure> failure;  ///< of a failed one
  double seconds = 0;              ///< it ran, once it has ended
};

/// The jobs of the window: one runs on a worker thread of its own, the others wait in order. Lives
/// on the GUI thread; all its methods and signals are that thread's. Progress arrives at most ten
/// times a second.
class JobQueue : public QObject {
  Q_OBJECT
 public:
  /// Runs on the worker thread and returns a sentence about what it made. What it throws becomes
  /// the job's failure (Interrupted: cancelled).
  using Body = std::function<std::string(const JobContext&)>;

  explicit JobQueue(QObject* parent = nullptr);
  /// Asks the running job to stop and waits for it.
  ~JobQueue() override;

  JobId submit(const QString& kind, const QString& title, Body body);
  /// A waiting job leaves the queue at once; a running one is asked to stop and ends soon.
  void cancel(JobId id);
  void cancelAll();
  /// Makes a waiting job the next one.
  void runNext(JobId id);
  /// Forgets an ended job.
  void dismiss(JobId id);

  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }
  [[nodiscard]] const Job* find(JobId id) const;
  /// A job runs or waits.
  [[nodiscard]] bool busy() const;

 signals:
  void added(featurescope::JobId id);
  void changed(featurescope::JobId id);
  void removed(featurescope::JobId id);
  void reordered();
  /// It is Done, Failed or Cancelled.
  void finished(featurescope::JobId id);
  /// Nothing runs or waits any more.
  void idle();

 private:
  struct Link;  ///< what the worker and the GUI thread share

  Job* findMutable(JobId id);
  void startNext();
  void takeProgress();
  void end(JobId id, JobState state, const QString& result, std::optional<Failure> failure);
  void appendLog(Job& job, const QString& line);

  std::vector<Job> jobs_;
  std::vector<std::pair<JobId, Body>> waiting_;
  JobId lastId_ = 0;
  JobId running_ = 0;  ///< 0: none
  std::shared_ptr<Link> link_;
  std::jthread worker_;
  QTimer poll_;
};

}  // namespace featurescope

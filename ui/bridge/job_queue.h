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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace featurescope {

/// Names one job for as long as the queue lives; never used twice.
using JobId = int;

enum class JobState {
  Queued,
  Running,
  Paused,       ///< its thread waits between two steps, all it has computed in memory
  Interrupted,  ///< it ended early and can go on from what it saved
  Done,
  Failed,
  Cancelled,
};

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
  bool pausing = false;   ///< asked to pause, not yet paused
  bool canGoOn = false;   ///< what it has saved when it ends early is enough to go on from
  JobProgress progress;
  QStringList log;
  QString result;                  ///< what an ended job made or kept, in a sentence
  std::optional<Failure> failure;  ///< of a failed one
  double seconds = 0;              ///< it ran, once it has ended

  /// It neither runs nor waits.
  [[nodiscard]] bool ended() const;
};

/// The jobs of the window: one computes on a worker thread of its own, the others wait in order. A
/// paused one keeps its thread and its memory and lets the next one compute. Lives on the GUI
/// thread; all its methods and signals are that thread's. Progress arrives at most ten times a
/// second.
class JobQueue : public QObject {
  Q_OBJECT
 public:
  /// Runs on the worker thread and returns a sentence about what it made. What it throws becomes
  /// the job's failure (Interrupted: cancelled, or interrupted where it can go on).
  using Body = std::function<std::string(const JobContext&)>;

  explicit JobQueue(QObject* parent = nullptr);
  /// Asks what runs or is paused to stop and waits for it.
  ~JobQueue() override;

  /// `goOn`, if given, is what goOn() runs after the job was stopped or failed.
  JobId submit(const QString& kind, const QString& title, Body body, Body goOn = {});
  /// A job of an earlier time that ended early: it waits for goOn() and says `why` meanwhile.
  JobId offer(const QString& kind, const QString& title, const QString& why, Body goOn);
  /// The running job waits, from its next step on, until goOn().
  void pause(JobId id);
  /// A paused job goes on where it waits, an ended one from what it saved; as soon as none runs.
  void goOn(JobId id);
  /// A waiting job leaves the queue at once; one that has begun is asked to stop and ends soon.
  void cancel(JobId id);
  void cancelAll();
  /// Makes a waiting job the next one.
  void runNext(JobId id);
  /// Forgets an ended job.
  void dismiss(JobId id);

  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }
  [[nodiscard]] const Job* find(JobId id) const;
  /// A job runs, waits or is paused.
  [[nodiscard]] bool busy() const;

 signals:
  void added(featurescope::JobId id);
  void changed(featurescope::JobId id);
  void removed(featurescope::JobId id);
  void reordered();
  /// It ended: Done, Failed, Cancelled or Interrupted.
  void finished(featurescope::JobId id);
  /// Nothing runs or waits any more.
  void idle();

 private:
  struct Link;  ///< what a worker and the GUI thread share

  /// A job that has begun and not ended.
  struct Begun {
    std::shared_ptr<Link> link;
    std::jthread worker;
  };

  Job* findMutable(JobId id);
  void startNext();
  void begin(JobId id, Body body);
  void takeProgress(JobId id);
  void enterPause(JobId id);
  void end(JobId id, JobState state, const QString& result, std::optional<Failure> failure);
  void endQueued(JobId id);
  void appendLog(Job& job, const QString& line);

  std::vector<Job> jobs_;
  std::vector<std::pair<JobId, Body>> waiting_;  ///< no body: a paused job that is to go on
  std::map<JobId, Body> goOn_;
  std::map<JobId, Begun> begun_;
  JobId lastId_ = 0;
  JobId running_ = 0;  ///< which of those begun computes; 0: none
  QTimer poll_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/job_queue.h"

#include "ui/bridge/hand_over.h"

#include <QTime>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace featurescope {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollInterval{100};
constexpr qsizetype kLongestLog = 5000;

bool Job::ended() const {
  return state != JobState::Queued && state != JobState::Running && state != JobState::Paused;
}

/// The worker writes the latest state; the GUI thread's timer takes it. So a job that reports a
/// million times a second costs the window ten looks. A pause holds the worker in here, between two
/// steps: everything it has computed stays as it is.
struct JobQueue::Link final : ProgressSink {
  std::mutex mutex;
  std::condition_variable_any goOn;
  std::stop_token stop;
  std::function<void()> paused;  ///< called on the worker's thread
  bool pauseAsked = false;
  JobProgress latest;
  QStringList lines;
  bool fresh = false;
  Clock::time_point stageBegan = Clock::now();
  std::uint64_t stageFirst = 0;

  void update(const ProgressUpdate& update) override {
    std::unique_lock lock(mutex);
    take(update);
    if (pauseAsked && !stop.stop_requested()) waitUntilGoOn(lock);
  }

  void note(std::string_view sentence) override {
    const std::lock_guard lock(mutex);
    lines.append(QString::fromUtf8(sentence.data(), static_cast<qsizetype>(sentence.size())));
    fresh = true;
  }

 private:
  void take(const ProgressUpdate& update) {
    const auto text = [](std::string_view view) {
      return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
    };
    const auto now = Clock::now();
    const QString stage = text(update.stage);
    if (stage != latest.stage || update.done < latest.done) {
      if (!stage.isEmpty() && stage != latest.stage) lines.append(stage);
      stageBegan = now;
      stageFirst = update.done;
    }
    latest.stage = stage;
    latest.unit = text(update.unit);
    latest.detail = text(update.detail);
    latest.done = update.done;
    latest.total = update.total;
    const double seconds = std::chrono::duration<double>(now - stageBegan).count();
    const auto counted = static_cast<double>(update.done - stageFirst);
    latest.perSecond = seconds > 0.2 ? counted / seconds : 0;
    latest.secondsLeft.reset();
    if (latest.perSecond > 0 && update.total > update.done) {
      latest.secondsLeft = static_cast<double>(update.total - update.done) / latest.perSecond;
    }
    fresh = true;
  }

  void waitUntilGoOn(std::unique_lock<std::mutex>& lock) {
    const auto began = Clock::now();
    paused();
    goOn.wait(lock, stop, [this] { return !pauseAsked; });
    stageBegan += Clock::now() - began;  // the rate is that of the work
  }
};

JobQueue::JobQueue(QObject* parent) : QObject(parent) {
  poll_.setInterval(kPollInterval);
  connect(&poll_, &QTimer::timeout, this, [this] {
    for (const auto& [id, begun] : begun_) takeProgress(id);
  });
}

JobQueue::~JobQueue() {
  waiting_.clear();
  for (auto& [id, begun] : begun_) begun.worker.request_stop();
  for (auto& [id, begun] : begun_) {
    if (begun.worker.joinable()) begun.worker.join();
  }
}

JobId JobQueue::submit(const QString& kind, const QString& title, Body body, Body goOn) {
  Job job;
  job.id = ++lastId_;
  job.kind = kind;
  job.title = title;
  job.canGoOn = goOn != nullptr;
  const JobId id = job.id;
  if (goOn) goOn_[id] = std::move(goOn);
  jobs_.push_back(std::move(job));
  waiting_.emplace_back(id, std::move(body));
  emit added(id);
  startNext();
  return id;
}

JobId JobQueue::offer(const QString& kind, const QString& title, const QString& why, Body goOn) {
  Job job;
  job.id = ++lastId_;
  job.kind = kind;
  job.title = title;
  job.state = JobState::Interrupted;
  job.canGoOn = true;
  job.result = why;
  const JobId id = job.id;
  goOn_[id] = std::move(goOn);
  jobs_.push_back(std::move(job));
  emit added(id);
  return id;
}

void JobQueue::startNext() {
  if (running_ != 0 || waiting_.empty()) return;
  auto [id, body] = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  running_ = id;
  findMutable(id)->state = JobState::Running;
  if (body) {
    begin(id, std::move(body));
  } else {
    Link& link = *begun_.at(id).link;
    const std::lock_guard lock(link.mutex);
    link.pauseAsked = false;
    link.goOn.notify_all();
  }
  emit changed(id);
}

void JobQueue::begin(JobId id, Body body) {
  auto link = std::make_shared<Link>();
  link->paused = [this, id] { handOver(this, [this, id] { enterPause(id); }); };
  const auto work = [this, id, body = std::move(body), link](const std::stop_token& stop) {
    link->stop = stop;
    JobState state = JobState::Done;
    QString result;
    std::optional<Failure> failure;
    const auto began = Clock::now();
    try {
      result = QString::fromStdString(body(JobContext{stop, *link}));
    } catch (const Interrupted& interrupted) {
      state = JobState::Cancelled;
      result = QString::fromStdString(interrupted.resume());
    } catch (...) {
      state = JobState::Failed;
      failure = currentFailure("cannot finish the job");
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    handOver(this, [=, this] {
      if (Job* job = findMutable(id)) job->seconds = seconds;
      end(id, state, result, failure);
    });
  };
  Begun& begun = begun_[id] = Begun{link, {}};
  poll_.start();
  try {
    begun.worker = std::jthread(work);
  } catch (const std::system_error&) {
    handOver(this, [=, this, failure = currentFailure("cannot start the job")] {
      end(id, JobState::Failed, {}, failure);
    });
  }
}

void JobQueue::takeProgress(JobId id) {
  Job* job = findMutable(id);
  Link& link = *begun_.at(id).link;
  QStringList lines;
  {
    const std::lock_guard lock(link.mutex);
    if (!link.fresh) return;
    link.fresh = false;
    job->progress = link.latest;
    lines.swap(link.lines);
  }
  for (const QString& line : lines) appendLog(*job, line);
  emit changed(id);
}

void JobQueue::pause(JobId id) {
  Job* job = findMutable(id);
  if (job == nullptr || job->state != JobState::Running || job->stopping) return;
  job->pausing = true;
  {
    Link& link = *begun_.at(id).link;
    const std::lock_guard lock(link.mutex);
    link.pauseAsked = true;
  }
  emit changed(id);
}

/// The worker waits now: the next job may compute.
void JobQueue::enterPause(JobId id) {
  Job* job = findMutable(id);
  if (job == nullptr || !job->pausing || !begun_.contains(id)) return;
  takeProgress(id);
  job->pausing = false;
  job->state = JobState::Paused;
  appendLog(*job, tr("paused"));
  if (running_ == id) running_ = 0;
  emit changed(id);
  startNext();
}

void JobQueue::goOn(JobId id) {
  Job* job = findMutable(id);
  if (job == nullptr) return;
  if (job->pausing) {
    Link& link = *begun_.at(id).link;
    const std::lock_guard lock(link.mutex);
    link.pauseAsked = false;
    link.goOn.notify_all();  // it may wait already
    job->pausing = false;
  } else if (job->state == JobState::Paused && !job->stopping) {
    job->state = JobState::Queued;
    waiting_.insert(waiting_.begin(), {id, Body{}});
  } else if (job->canGoOn &&
             (job->state == JobState::Interrupted || job->state == JobState::Failed)) {
    job->state = JobState::Queued;
    job->failure.reset();
    job->result.clear();
    job->progress = {};
    waiting_.emplace_back(id, goOn_.at(id));
  } else {
    return;
  }
  emit changed(id);
  startNext();
}

void JobQueue::end(JobId id, JobState state, const QString& result,
                   std::optional<Failure> failure) {
  takeProgress(id);
  if (begun_.at(id).worker.joinable()) begun_.at(id).worker.join();
  begun_.erase(id);
  if (begun_.empty()) poll_.stop();
  std::erase_if(waiting_, [id](const auto& entry) { return entry.first == id; });
  if (running_ == id) running_ = 0;
  Job* job = findMutable(id);
  const bool goesOn = state == JobState::Cancelled && job->canGoOn;
  job->state = goesOn ? JobState::Interrupted : state;
  job->stopping = false;
  job->pausing = false;
  job->result = result;
  job->failure = std::move(failure);
  if (job->failure) {
    appendLog(*job, job->failure->sentence());
    if (!job->failure->next.isEmpty()) appendLog(*job, job->failure->next);
  }
  if (state == JobState::Cancelled) appendLog(*job, goesOn ? tr("interrupted") : tr("cancelled"));
  if (!result.isEmpty()) appendLog(*job, result);
  emit changed(id);
  emit finished(id);
  startNext();
  if (!busy()) emit idle();
}

void JobQueue::cancel(JobId id) {
  Job* job = findMutable(id);
  if (job == nullptr || job->ended()) return;
  if (begun_.contains(id)) {
    job->stopping = true;
    begun_.at(id).worker.request_stop();
    emit changed(id);
  } else {
    endQueued(id);
  }
}

void JobQueue::endQueued(JobId id) {
  std::erase_if(waiting_, [id](const auto& entry) { return entry.first == id; });
  findMutable(id)->state = JobState::Cancelled;
  emit changed(id);
  emit finished(id);
  if (!busy()) emit idle();
}

void JobQueue::cancelAll() {
  std::vector<JobId> open;
  for (const Job& job : jobs_) {
    if (!job.ended()) open.push_back(job.id);
  }
  // Those that have not begun first, so that none starts when the running one ends.
  std::stable_partition(open.begin(), open.end(),
                        [this](JobId id) { return !begun_.contains(id); });
  for (const JobId id : open) cancel(id);
}

void JobQueue::runNext(JobId id) {
  const auto entry = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const auto& candidate) { return candidate.first == id; });
  if (entry == waiting_.end()) return;
  std::rotate(waiting_.begin(), entry, entry + 1);
  const auto moved =
      std::find_if(jobs_.begin(), jobs_.end(), [id](const Job& job) { return job.id == id; });
  const auto firstWaiting = std::find_if(
      jobs_.begin(), jobs_.end(), [](const Job& job) { return job.state == JobState::Queued; });
  std::rotate(firstWaiting, moved, moved + 1);
  emit reordered();
}

void JobQueue::dismiss(JobId id) {
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [id](const Job& candidate) { return candidate.id == id; });
  if (job == jobs_.end() || !job->ended()) return;
  jobs_.erase(job);
  goOn_.erase(id);
  emit removed(id);
}

const Job* JobQueue::find(JobId id) const {
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [id](const Job& candidate) { return candidate.id == id; });
  return job == jobs_.end() ? nullptr : &*job;
}

Job* JobQueue::findMutable(JobId id) { return const_cast<Job*>(find(id)); }

bool JobQueue::busy() const { return !begun_.empty() || !waiting_.empty(); }

void JobQueue::appendLog(Job& job, const QString& line) {
  if (job.log.size() >= kLongestLog) job.log.removeFirst();
  job.log.append(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")) + line);
}

}  // namespace featurescope

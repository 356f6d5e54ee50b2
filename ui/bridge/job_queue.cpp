// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/job_queue.h"

#include <QTime>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace featurescope {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollInterval{100};
constexpr qsizetype kLongestLog = 5000;

/// The worker writes the latest state; the GUI thread's timer takes it. So a job that reports a
/// million times a second costs the window ten looks.
struct JobQueue::Link final : ProgressSink {
  std::mutex mutex;
  JobProgress latest;
  QStringList lines;
  bool fresh = false;
  Clock::time_point stageBegan = Clock::now();
  std::uint64_t stageFirst = 0;

  void update(const ProgressUpdate& update) override {
    const std::lock_guard lock(mutex);
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

  void note(std::string_view sentence) override {
    const std::lock_guard lock(mutex);
    lines.append(QString::fromUtf8(sentence.data(), static_cast<qsizetype>(sentence.size())));
    fresh = true;
  }
};

JobQueue::JobQueue(QObject* parent) : QObject(parent) {
  poll_.setInterval(kPollInterval);
  connect(&poll_, &QTimer::timeout, this, &JobQueue::takeProgress);
}

JobQueue::~JobQueue() {
  waiting_.clear();
  if (worker_.joinable()) {
    worker_.request_stop();
    worker_.join();
  }
}

JobId JobQueue::submit(const QString& kind, const QString& title, Body body) {
  Job job;
  job.id = ++lastId_;
  job.kind = kind;
  job.title = title;
  const JobId id = job.id;
  jobs_.push_back(std::move(job));
  waiting_.emplace_back(id, std::move(body));
  emit added(id);
  startNext();
  return id;
}

void JobQueue::startNext() {
  if (running_ != 0 || waiting_.empty()) return;
  auto [id, body] = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  running_ = id;
  link_ = std::make_shared<Link>();
  findMutable(id)->state = JobState::Running;
  poll_.start();
  emit changed(id);

  const auto work = [this, id = id, body = std::move(body), link = link_](std::stop_token stop) {
    JobState state = JobState::Done;
    QString result;
    std::optional<Failure> failure;
    const auto began = Clock::now();
    try {
      result = QString::fromStdString(body(JobContext{std::move(stop), *link}));
    } catch (const Interrupted& interrupted) {
      state = JobState::Cancelled;
      result = QString::fromStdString(interrupted.resume());
    } catch (...) {
      state = JobState::Failed;
      failure = currentFailure("cannot finish the job");
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    QMetaObject::invokeMethod(
        this,
        [=, this] {
          if (Job* job = findMutable(id)) job->seconds = seconds;
          end(id, state, result, failure);
        },
        Qt::QueuedConnection);
  };
  worker_ = std::jthread(work);
}

void JobQueue::takeProgress() {
  Job* job = findMutable(running_);
  if (job == nullptr) return;
  QStringList lines;
  {
    const std::lock_guard lock(link_->mutex);
    if (!link_->fresh) return;
    link_->fresh = false;
    job->progress = link_->latest;
    lines.swap(link_->lines);
  }
  for (const QString& line : lines) appendLog(*job, line);
  emit changed(job->id);
}

void JobQueue::end(JobId id, JobState state, const QString& result,
                   std::optional<Failure> failure) {
  takeProgress();
  poll_.stop();
  worker_.join();
  running_ = 0;
  Job* job = findMutable(id);
  job->state = state;
  job->stopping = false;
  job->result = result;
  job->failure = std::move(failure);
  if (job->failure) appendLog(*job, job->failure->sentence());
  if (state == JobState::Cancelled) appendLog(*job, tr("cancelled"));
  if (!result.isEmpty()) appendLog(*job, result);
  emit changed(id);
  emit finished(id);
  startNext();
  if (!busy()) emit idle();
}

void JobQueue::cancel(JobId id) {
  Job* job = findMutable(id);
  if (job == nullptr) return;
  if (job->state == JobState::Queued) {
    std::erase_if(waiting_, [id](const auto& entry) { return entry.first == id; });
    job->state = JobState::Cancelled;
    emit changed(id);
    emit finished(id);
    if (!busy()) emit idle();
  } else if (job->state == JobState::Running) {
    job->stopping = true;
    worker_.request_stop();
    emit changed(id);
  }
}

void JobQueue::cancelAll() {
  std::vector<JobId> open;
  for (const Job& job : jobs_) {
    if (job.state == JobState::Queued || job.state == JobState::Running) open.push_back(job.id);
  }
  // The waiting ones first, so that none starts when the running one ends.
  std::reverse(open.begin(), open.end());
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
  if (job == jobs_.end() || job->state == JobState::Queued || job->state == JobState::Running) {
    return;
  }
  jobs_.erase(job);
  emit removed(id);
}

const Job* JobQueue::find(JobId id) const {
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [id](const Job& candidate) { return candidate.id == id; });
  return job == jobs_.end() ? nullptr : &*job;
}

Job* JobQueue::findMutable(JobId id) {
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [id](const Job& candidate) { return candidate.id == id; });
  return job == jobs_.end() ? nullptr : &*job;
}

bool JobQueue::busy() const { return running_ != 0 || !waiting_.empty(); }

void JobQueue::appendLog(Job& job, const QString& line) {
  if (job.log.size() >= kLongestLog) job.log.removeFirst();
  job.log.append(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")) + line);
}

}  // namespace featurescope

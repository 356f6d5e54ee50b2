// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "tests/ui/sample_index.h"
#include "tests/ui/sanitized.h"
#include "ui/bridge/errands.h"
#include "ui/bridge/index_session.h"
#include "ui/bridge/job_queue.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <fstream>
#include <future>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace featurescope;

namespace {

/// A job that runs until it is stopped or let go.
struct HeldJob {
  std::atomic<bool> began = false;
  std::atomic<bool> released = false;

  JobQueue::Body body() {
    return [this](const JobContext& job) -> std::string {
      began = true;
      std::uint64_t done = 0;
      while (!released) {
        job.throwIfStopped();
        job.progress.update({"working", ++done, 0, "steps", {}});
        std::this_thread::yield();
      }
      return "let go";
    };
  }
};

/// Bytes of this process's address space.
rlim_t addressSpace() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

class BridgeTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    index_ = folder_.path() / "sample.sqlite";
    sample_.write(index_);
    small_ = folder_.path() / "small.sqlite";
    test::SampleIndex{.features = 40, .sequences = 10, .top = 5}.write(small_);
  }

  void aJobRunsReportsAndEnds() {
    JobQueue queue;
    QSignalSpy finished(&queue, &JobQueue::finished);
    const JobId id = queue.submit("Index", "a text", [](const JobContext& job) {
      job.progress.update({"reading text", 1, 4, "tokens", "l0 24.1"});
      job.progress.note("dropped 31 tokens at the end");
      return std::string("16 features");
    });
    QVERIFY(queue.busy());
    QTRY_COMPARE(finished.size(), 1);
    const Job* job = queue.find(id);
    QCOMPARE(job->state, JobState::Done);
    QCOMPARE(job->result, QString("16 features"));
    QCOMPARE(job->progress.done, 1U);
    QCOMPARE(job->progress.detail, QString("l0 24.1"));
    QVERIFY(job->log.join('\n').contains("reading text"));
    QVERIFY(job->log.join('\n').contains("dropped 31 tokens"));
    QVERIFY(!queue.busy());
  }

  void oneJobRunsTheOthersWaitInOrder() {
    JobQueue queue;
    HeldJob held;
    std::vector<int> order;
    std::mutex mutex;
    const auto note = [&](int number) {
      return [&, number](const JobContext&) {
        const std::lock_guard lock(mutex);
        order.push_back(number);
        return std::string();
      };
    };
    queue.submit("Index", "held", held.body());
    queue.submit("Index", "first", note(1));
    const JobId second = queue.submit("Index", "second", note(2));
    QTRY_VERIFY(held.began);
    QCOMPARE(queue.find(second)->state, JobState::Queued);
    queue.runNext(second);
    QCOMPARE(queue.jobs()[1].id, second);
    held.released = true;
    QTRY_VERIFY(!queue.busy());
    QCOMPARE(order, (std::vector<int>{2, 1}));
  }

  void aRunningAndAWaitingJobCanBeCancelled() {
    JobQueue queue;
    HeldJob held;
    QSignalSpy idle(&queue, &JobQueue::idle);
    const JobId running = queue.submit("Index", "held", held.body());
    const JobId waiting = queue.submit(
        "Index", "waiting", [](const JobContext&) { return std::string("must not run"); });
    QTRY_VERIFY(held.began);
    queue.cancelAll();
    QVERIFY(queue.find(running)->stopping);
    QCOMPARE(queue.find(waiting)->state, JobState::Cancelled);
    QTRY_COMPARE(idle.size(), 1);
    QCOMPARE(queue.find(running)->state, JobState::Cancelled);
    QVERIFY(queue.find(waiting)->result.isEmpty());
    queue.dismiss(running);
    QVERIFY(queue.find(running) == nullptr);
  }

  void whatAJobThrowsIsToldAsAPersonCanReadIt() {
    JobQueue queue;
    const JobId known = queue.submit("Index", "a", [](const JobContext&) -> std::string {
      throw UserError(ErrorCode::NotFound, "cannot read the text", "there is no such file", "look");
    });
    const JobId library = queue.submit("Index", "b", [](const JobContext&) -> std::string {
      throw std::length_error("vector::_M_default_append");
    });
    QTRY_VERIFY(!queue.busy());
    QCOMPARE(queue.find(known)->state, JobState::Failed);
    QCOMPARE(queue.find(known)->failure->why, QString("there is no such file"));
    QCOMPARE(queue.find(known)->failure->next, QString("look"));
    QCOMPARE(queue.find(library)->state, JobState::Failed);
    QVERIFY(!queue.find(library)->failure->what.isEmpty());
  }

  void tooLittleMemoryEndsTheJobAndNotTheWindow() {
    if (test::sanitized()) QSKIP("a sanitizer ends the program instead");
    JobQueue queue;
    const auto withinMegabytes = [&](rlim_t megabytes, const JobQueue::Body& body) {
      rlimit before{};
      QCOMPARE(getrlimit(RLIMIT_AS, &before), 0);
      const rlimit lowered{addressSpace() + (megabytes << 20), before.rlim_max};
      QCOMPARE(setrlimit(RLIMIT_AS, &lowered), 0);
      queue.submit("Index", "large", body);
      QTRY_VERIFY(!queue.busy());
      QCOMPARE(setrlimit(RLIMIT_AS, &before), 0);
      const Job& job = queue.jobs().back();
      QCOMPARE(job.state, JobState::Failed);
      QVERIFY2(job.failure->why == "not enough memory", qPrintable(job.failure->sentence()));
      QVERIFY(!job.failure->next.isEmpty());
    };
    const auto large = [](const JobContext&) {
      return std::to_string(std::vector<char>(std::size_t{1} << 30).size());
    };
    withinMegabytes(256, large);
    withinMegabytes(1, large);  // not even the job's thread finds a place for its stack
    queue.submit("Index", "small", [](const JobContext&) { return std::string("done"); });
    QTRY_COMPARE(queue.jobs().back().state, JobState::Done);
  }

  void progressIsThrottled() {
    JobQueue queue;
    QSignalSpy changed(&queue, &JobQueue::changed);
    QElapsedTimer timer;
    timer.start();
    queue.submit("Index", "busy", [](const JobContext& job) {
      for (std::uint64_t i = 0; i < 200'000; ++i) {
        job.progress.update({"working", i, 200'000, "steps", {}});
      }
      return std::string();
    });
    QTRY_VERIFY(!queue.busy());
    // Ten a second, and the changes of state.
    QVERIFY(changed.size() <= timer.elapsed() / 100 + 5);
  }

  void aPausedJobWaitsWithAllItHasAndLetsTheNextOneRun() {
    JobQueue queue;
    std::atomic<bool> released = false;
    const auto counting = [&](const JobContext& job) {
      std::uint64_t steps = 0;
      while (!released) {
        job.throwIfStopped();
        job.progress.update({"working", ++steps, 0, "steps", {}});
      }
      return std::to_string(steps);
    };
    const JobId counted = queue.submit("Training", "counted", counting);
    QTRY_VERIFY(queue.find(counted)->progress.done > 0);
    queue.pause(counted);
    QVERIFY(queue.find(counted)->pausing);
    QTRY_COMPARE(queue.find(counted)->state, JobState::Paused);
    const std::uint64_t paused = queue.find(counted)->progress.done;
    QVERIFY(queue.busy());

    const JobId next =
        queue.submit("Index", "next", [](const JobContext&) { return std::string("ran"); });
    QTRY_COMPARE(queue.find(next)->state, JobState::Done);
    QCOMPARE(queue.find(counted)->progress.done, paused);

    queue.goOn(counted);
    QCOMPARE(queue.find(counted)->state, JobState::Running);
    QTRY_VERIFY(queue.find(counted)->progress.done > paused);
    released = true;
    QTRY_COMPARE(queue.find(counted)->state, JobState::Done);
    QVERIFY(queue.find(counted)->result.toULongLong() > paused);
  }

  void aPausedJobThatGoesOnWaitsForTheRunningOne() {
    JobQueue queue;
    HeldJob first;
    HeldJob second;
    const JobId paused = queue.submit("Training", "first", first.body());
    QTRY_VERIFY(first.began);
    queue.pause(paused);
    QTRY_COMPARE(queue.find(paused)->state, JobState::Paused);
    const JobId running = queue.submit("Index", "second", second.body());
    QTRY_VERIFY(second.began);
    queue.goOn(paused);
    QCOMPARE(queue.find(paused)->state, JobState::Queued);
    second.released = true;
    QTRY_COMPARE(queue.find(running)->state, JobState::Done);
    QCOMPARE(queue.find(paused)->state, JobState::Running);
    first.released = true;
    QTRY_COMPARE(queue.find(paused)->state, JobState::Done);
  }

  void aPausedJobCanBeCancelled() {
    JobQueue queue;
    HeldJob held;
    const JobId id = queue.submit("Index", "held", held.body());
    QTRY_VERIFY(held.began);
    queue.pause(id);
    QTRY_COMPARE(queue.find(id)->state, JobState::Paused);
    queue.cancel(id);
    QTRY_COMPARE(queue.find(id)->state, JobState::Cancelled);
    QVERIFY(!queue.busy());
  }

  void aStoppedJobThatKeepsItsStateGoesOnFromIt() {
    JobQueue queue;
    HeldJob held;
    const JobId id = queue.submit("Training", "run", held.body(),
                                  [](const JobContext&) { return std::string("went on"); });
    QTRY_VERIFY(held.began);
    queue.cancel(id);
    QTRY_COMPARE(queue.find(id)->state, JobState::Interrupted);
    queue.goOn(id);
    QTRY_COMPARE(queue.find(id)->state, JobState::Done);
    QCOMPARE(queue.find(id)->result, QString("went on"));
  }

  void anOfferOfAnEarlierTimeWaitsForThePerson() {
    JobQueue queue;
    QSignalSpy added(&queue, &JobQueue::added);
    const JobId id = queue.offer("Training", "run-3", "120 steps are kept",
                                 [](const JobContext&) { return std::string("went on"); });
    QCOMPARE(added.size(), 1);
    QVERIFY(!queue.busy());
    QCOMPARE(queue.find(id)->state, JobState::Interrupted);
    QCOMPARE(queue.find(id)->result, QString("120 steps are kept"));
    queue.goOn(id);
    QTRY_COMPARE(queue.find(id)->result, QString("went on"));
    queue.dismiss(id);
    QVERIFY(queue.jobs().empty());
  }

  void aQueueThatGoesStopsItsJobAndWaitsForIt() {
    HeldJob held;
    {
      JobQueue queue;
      queue.submit("Index", "held", held.body());
      QTRY_VERIFY(held.began);
    }
    QVERIFY(!held.released);  // it ended by the stop, else we would not be here
  }

  void anIndexOpensWithAllItsFeatures() {
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(index_);
    QVERIFY(session.isOpening());
    QTRY_COMPARE(opened.size(), 1);
    QVERIFY(!session.isOpening());
    QCOMPARE(session.current()->features->size(), std::size_t{16384});
    QCOMPARE(session.current()->features->deadCount, std::int64_t{4096});
    QCOMPARE(session.current()->tokens, sample_.tokens());
  }

  void aPageHoldsTheFeaturesActivationsAndTheirContexts() {
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(index_);
    QTRY_COMPARE(opened.size(), 1);
    std::shared_ptr<const FeaturePageData> page;
    connect(&session, &IndexSession::pageReady, this, [&](const auto& ready) { page = ready; });
    session.showFeature(FeatureId{204});
    QTRY_VERIFY(page != nullptr);
    QCOMPARE(page->feature.feature.value, 204);
    QCOMPARE(page->activations.size(), static_cast<std::size_t>(sample_.top));
    for (const ActivationRow& row : page->activations) {
      QCOMPARE(row.context.tokens[row.context.peak], row.activation.strToken);
      QCOMPARE(row.context.first + static_cast<Position>(row.context.peak),
               row.activation.position);
    }
    QCOMPARE(static_cast<float>(page->activations[3].activation.activation),
             static_cast<float>(sample_.activation(204, 3)));
  }

  void onlyTheLatestQuestionIsAnswered() {
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(index_);
    QTRY_COMPARE(opened.size(), 1);
    std::vector<int> shown;
    connect(&session, &IndexSession::pageReady, this,
            [&](const auto& page) { shown.push_back(page->feature.feature.value); });
    for (int id = 1000; id < 1100; ++id) session.showFeature(FeatureId{id}, {FeatureId{id + 1}});
    QTRY_VERIFY(!shown.empty());
    session.showFeature(FeatureId{7});
    QTRY_COMPARE(shown.back(), 7);
    QCOMPARE(shown.front(), 1099);
  }

  void aWarmSwitchOfFeatureTakesLessThan16Milliseconds() {
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(index_);
    QTRY_COMPARE(opened.size(), 1);
    int shown = -1;
    connect(&session, &IndexSession::pageReady, this,
            [&](const auto& page) { shown = page->feature.feature.value; });
    session.showFeature(FeatureId{0});
    QTRY_COMPARE(shown, 0);
    std::vector<double> milliseconds;
    for (int id = 1; id <= 200; ++id) {
      QElapsedTimer timer;
      timer.start();
      session.showFeature(FeatureId{id});  // not read ahead: the database answers
      while (shown != id) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
      milliseconds.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    qInfo("feature page from the database: median %.2f ms, 95%% %.2f ms", milliseconds[100],
          milliseconds[190]);
    QElapsedTimer timer;
    timer.start();
    session.showFeature(FeatureId{100});  // read before: answered within the call
    QCOMPARE(shown, 100);
    const double atHand = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    qInfo("feature page at hand: %.3f ms", atHand);
    if (test::sanitized()) QSKIP("a sanitizer takes several times as long");
    QVERIFY(milliseconds[100] < 16);
    QVERIFY(atHand < 16);
  }

  void whatWasOpenStaysWhenOpeningFails() {
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    QSignalSpy failed(&session, &IndexSession::openFailed);
    session.open(small_);
    QTRY_COMPARE(opened.size(), 1);
    const auto notAnIndex = folder_.path() / "not.sqlite";
    writeFile(notAnIndex, "this is a letter, not a database");
    session.open(notAnIndex);
    QTRY_COMPARE(failed.size(), 1);
    session.open(folder_.path() / "nowhere.sqlite");
    QTRY_COMPARE(failed.size(), 2);
    session.open(folder_.path());
    QTRY_COMPARE(failed.size(), 3);
    for (const auto& arguments : failed) {
      const auto failure = arguments[1].value<Failure>();
      QVERIFY(!failure.what.isEmpty() && !failure.why.isEmpty());
    }
    QCOMPARE(opened.size(), 1);
    std::shared_ptr<const FeaturePageData> page;
    connect(&session, &IndexSession::pageReady, this, [&](const auto& ready) { page = ready; });
    session.showFeature(FeatureId{2});
    QTRY_VERIFY(page != nullptr);
    QCOMPARE(page->activations.size(), std::size_t{5});
  }

  void aStudyOpensItsFirstIndexAndAnyOther() {
    const auto studyFolder = folder_.path() / "study";
    Study study = Study::create(studyFolder, "two indexes", false);
    study.indexes = {{"small", small_}, {"large", index_}};
    study.save();
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(studyFolder);
    QTRY_COMPARE(opened.size(), 1);
    QCOMPARE(session.current()->features->size(), std::size_t{40});
    session.open(studyFolder / "study.json", session.current()->study->indexes[1].path);
    QTRY_COMPARE(opened.size(), 2);
    QCOMPARE(session.current()->features->size(), std::size_t{16384});
  }

  void aStudyWithoutAnIndexOpensToo() {
    const auto studyFolder = folder_.path() / "empty-study";
    (void)Study::create(studyFolder, "nothing yet", false);
    IndexSession session;
    QSignalSpy opened(&session, &IndexSession::opened);
    session.open(studyFolder);
    QTRY_COMPARE(opened.size(), 1);
    QVERIFY(!session.current()->hasFeatures());
    QCOMPARE(session.current()->study->name, std::string("nothing yet"));
  }

  void anErrandTellsHowItWent() {
    Errands errands;
    std::optional<Failure> failure;
    int done = 0;
    errands.run(
        "cannot write", [] {},
        [&](const auto& how) {
          QVERIFY(!how);
          ++done;
        });
    errands.run(
        "cannot write the table",
        [&] { writeFile("/proc/featurescope-cannot-write-here.csv", "x"); },
        [&](const auto& how) {
          failure = how;
          ++done;
        });
    QTRY_COMPARE(done, 2);
    QVERIFY(failure.has_value());
  }

 private:
  TemporaryFolder folder_;
  test::SampleIndex sample_;
  std::filesystem::path index_, small_;
};

QTEST_GUILESS_MAIN(BridgeTest)
#include "bridge_test.moc"

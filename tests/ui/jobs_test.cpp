// SPDX-License-Identifier: GPL-3.0-or-later
// Real jobs of a study: started, paused, stopped, gone on with, as a person does it.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/study/demo.h"
#include "ui/bridge/evaluation_form.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/training_form.h"
#include "ui/window/application.h"
#include "ui/window/job_desk.h"
#include "ui/window/jobs_panel.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace featurescope;

class JobsTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    folder_ = std::make_unique<TemporaryFolder>();
    demo_ = resourceFolder() / "demo";
    Study study = Study::create(folder_->path() / "study", "jobs", false);
    study.models = {{"demo", demo_ / "model"}};
    study.saes = {{"demo", demo_ / "sae"}};
    study.save();
    start();
  }

  void cleanup() {
    desk_.reset();
    queue_.reset();
    folder_.reset();
  }

  void aTrainingRunIsPausedStoppedAndGoneOnWithToTheSameEnd() {
    desk_->startTraining(training("whole"));
    QTRY_COMPARE_WITH_TIMEOUT(state(), JobState::Done, 20'000);
    QVERIFY(queue_->jobs().back().result.contains("after 120 steps"));

    desk_->startTraining(training("stopped"));
    const JobId id = queue_->jobs().back().id;
    QTRY_VERIFY(queue_->find(id)->progress.stage == "training");
    queue_->pause(id);
    QTRY_COMPARE(state(), JobState::Paused);
    queue_->cancel(id);
    QTRY_COMPARE_WITH_TIMEOUT(state(), JobState::Interrupted, 20'000);
    QVERIFY(!std::filesystem::exists(run("stopped") / "sae"));

    // The program ends and comes back.
    start();
    QTRY_COMPARE(queue_->jobs().size(), std::size_t{1});
    QCOMPARE(state(), JobState::Interrupted);
    QVERIFY2(queue_->jobs().front().result.contains("steps are kept"),
             qPrintable(queue_->jobs().front().result));
    queue_->goOn(queue_->jobs().front().id);
    QTRY_COMPARE_WITH_TIMEOUT(state(), JobState::Done, 20'000);
    QCOMPARE(readFile(run("stopped") / "sae" / "sae_weights.safetensors"),
             readFile(run("whole") / "sae" / "sae_weights.safetensors"));

    const Study study = Study::open(folder_->path() / "study");
    QCOMPARE(study.runs.size(), std::size_t{2});
  }

  void anEvaluationIsWrittenForTheLayersPage() {
    FormValues values = EvaluationForm().initialValues();
    values.set("--model", toQString(demo_ / "model"));
    values.set("--sae", toQString(demo_ / "sae"));
    values.set("--text", toQString(demo_ / "texts" / "chess.txt"));
    values.set("--layers", "0-1");
    values.set("--tokens", "256");
    const auto out = folder_->path() / "study" / "evaluations" / "one.json";
    values.set("--out", toQString(out));
    QSignalSpy evaluated(desk_.get(), &JobDesk::evaluated);
    desk_->startEvaluation(values);
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.size(), 1, 20'000);
    QCOMPARE(readJson(out).at("layers").size(), std::size_t{2});
  }

  void whatCannotStartIsToldAtOnce() {
    QSignalSpy failed(desk_.get(), &JobDesk::failed);
    FormValues values = training("never");
    values.set("--batch", "none");
    desk_->startTraining(values);
    QCOMPARE(failed.size(), 1);
    QVERIFY(queue_->jobs().empty());
  }

  void thePanelsButtonsFollowTheJob() {
    JobsPanel panel(*queue_);
    JobsModel model(*queue_);
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    panel.show();
    std::atomic<bool> released = false;
    const auto body = [&](const JobContext& job) -> std::string {
      while (!released) {
        job.throwIfStopped();
        job.progress.update({"working", 1, 4, "steps", {}});
      }
      throw UserError(ErrorCode::CannotWrite, "cannot write", "the disk is full", "free some");
    };
    queue_->submit("Training", "run", body, [](const JobContext&) { return std::string("done"); });
    auto* pause = panel.findChild<QPushButton*>("jobPause");
    auto* status = panel.findChild<QLabel*>("jobStatus");
    QTRY_COMPARE(pause->text(), QString("Pause"));
    QCOMPARE(panel.findChild<QPushButton*>("jobCancel")->text(), QString("Stop"));
    pause->click();
    QTRY_VERIFY2(status->text().startsWith("paused · 25%"), qPrintable(status->text()));
    QCOMPARE(pause->text(), QString("Go on"));
    pause->click();
    QTRY_COMPARE(pause->text(), QString("Pause"));
    released = true;
    QTRY_VERIFY(status->text().startsWith("failed: the disk is full"));
    QVERIFY(status->toolTip().contains("free some"));
    QCOMPARE(pause->text(), QString("Go on"));
    pause->click();
    QTRY_VERIFY(status->text().contains("done"));
    QVERIFY(!pause->isVisible());
  }

 private:
  void start() {
    desk_.reset();
    queue_ = std::make_unique<JobQueue>();
    desk_ = std::make_unique<JobDesk>(*queue_, window_);
    desk_->setRemembering(false);
    auto opened = std::make_shared<OpenedIndex>();
    opened->study = Study::open(folder_->path() / "study");
    desk_->setOpened(opened);
  }

  [[nodiscard]] JobState state() const { return queue_->jobs().back().state; }
  [[nodiscard]] std::filesystem::path run(const std::string& name) const {
    return folder_->path() / "study" / "runs" / name;
  }

  [[nodiscard]] FormValues training(const std::string& name) const {
    FormValues values = TrainingForm().initialValues();
    for (const auto& [flag, value] : {std::pair{"--layer", "1"},
                                      {"--steps", "120"},
                                      {"--features", "64"},
                                      {"--batch", "2"},
                                      {"--checkpoint-every", "1000"},
                                      {"--shuffle-buffer", "1024"}}) {
      values.set(flag, value);
    }
    values.set("--model", toQString(demo_ / "model"));
    values.set("--text", toQString(demo_ / "texts" / "chess.txt"));
    values.set("--out", toQString(run(name)));
    return values;
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::filesystem::path demo_;
  QWidget window_;
  std::unique_ptr<JobQueue> queue_;
  std::unique_ptr<JobDesk> desk_;
};

int main(int argc, char** argv) {
  Application application(argc, argv);
  JobsTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "jobs_test.moc"

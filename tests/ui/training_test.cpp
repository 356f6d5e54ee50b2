// SPDX-License-Identifier: GPL-3.0-or-later
// Training curves: how they are drawn, and that they follow the run's files.
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/ui/window_parts.h"
#include "ui/pages/training_page.h"
#include "ui/window/application.h"
#include "ui/window/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QListWidget>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

#include <cmath>
#include <fstream>
#include <limits>

using namespace featurescope;

class TrainingTest : public QObject {
  Q_OBJECT
 private slots:
  void init() {
    folder_ = std::make_unique<TemporaryFolder>();
    parts_ = std::make_unique<test::WindowParts>();
    page_ = std::make_unique<TrainingPage>(parts_->context);
    page_->setColors(Theme::light().pageColors(Theme::light().window), Theme::light().plotColors());
    page_->resize(900, 600);
    page_->show();
  }

  void cleanup() {
    page_.reset();
    parts_.reset();
  }

  void aMeanWithHalvingWeightsIsTheWeightedSum() {
    const std::vector<double> values{3, -1, 4, 1, -5, 9};
    const std::vector<double> result = smoothed(values, 2);
    double sum = 0;
    double weights = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double weight = std::pow(0.5, static_cast<double>(values.size() - 1 - i) / 2);
      sum += weight * values[i];
      weights += weight;
    }
    QVERIFY(std::abs(result.back() - sum / weights) < 1e-12);
    QCOMPARE(result.front(), 3.0);
    QCOMPARE(smoothed(values, 0), values);
    const double gap = std::numeric_limits<double>::quiet_NaN();
    QVERIFY(std::isnan(smoothed({1, gap, 2}, 3)[1]));
    QVERIFY(std::isfinite(smoothed({1, gap, 2}, 3)[2]));
  }

  void withoutARunItSaysWhatToDo() {
    page_->setRuns({});
    QVERIFY(page_->findChild<QWidget*>("trainingReason")->isVisible());
  }

  void aRunIsDrawnAndFollowedWhileItGrows() {
    const auto run = makeRun("first", "running", "0,1024,12,0.5\r\n10,11264,8,0.25\r\n");
    show({run});
    QTRY_COMPARE(page_->visiblePlots().size(), std::size_t{2});
    CurvePlot* l0 = plot("l0");
    QCOMPARE(l0->curves().size(), std::size_t{1});
    QCOMPARE(l0->curves()[0].y, (std::vector<double>{12, 8}));
    QCOMPARE(l0->curves()[0].x, (std::vector<double>{1024, 11264}));

    append(run / "metrics.csv", "20,21504,6,0.125\r\n");
    append(run / "events.jsonl", R"({"kind":"l1-held","step":15,"sentence":"β is held"})"
                                 "\n");
    QTRY_COMPARE(l0->curves()[0].y.size(), std::size_t{3});
    l0->setCursor(21504);
    QVERIFY2(l0->readout().contains("held"), qPrintable(l0->readout()));
    l0->setCursor(1100);
    QVERIFY2(l0->readout().contains("12"), qPrintable(l0->readout()));
    QVERIFY(page_->findChild<QListWidget*>("runList")->item(0)->text().contains("step 20"));
  }

  void runsLieOverOneAnotherAndCanBeHidden() {
    const auto first = makeRun("first", "finished", "0,1024,12,0.5\r\n");
    const auto second = makeRun("second", "finished", "0,2048,10,0.75\r\n");
    show({first, second});
    // The latest is shown at first.
    QTRY_COMPARE(plot("loss")->curves().size(), std::size_t{1});
    QCOMPARE(plot("loss")->curves()[0].y, std::vector<double>{0.75});
    auto* list = page_->findChild<QListWidget*>("runList");
    list->item(0)->setCheckState(Qt::Checked);
    QCOMPARE(plot("loss")->curves().size(), std::size_t{2});
    QVERIFY(plot("loss")->curves()[0].color != plot("loss")->curves()[1].color);
    list->item(1)->setCheckState(Qt::Unchecked);
    QCOMPARE(page_->shownRuns(), std::vector{first});
  }

  void aRunThatBeginsIsShownAndBringsThePageToTheFront() {
    const auto first = makeRun("first", "finished", "0,1024,12,0.5\r\n");
    show({first});
    QTRY_COMPARE(page_->shownRuns(), std::vector{first});
    const auto second = folder_->path() / "second";
    QSignalSpy front(page_.get(), &Page::frontRequested);
    QSignalSpy failed(&parts_->runs, &RunWatch::failed);
    parts_->runs.expect(second);  // before its folder is there
    show({first, second});
    makeRun("second", "running", "0,2048,10,0.75\r\n");
    QTRY_COMPARE(front.size(), 1);
    QVERIFY(failed.isEmpty());
    QCOMPARE(page_->shownRuns(), (std::vector{first, second}));
  }

  void theAxisSmoothingAndCursorAreOneForAllPlots() {
    const auto run = makeRun("first", "finished", "0,1024,12,0.5\r\n10,11264,8,0.25\r\n");
    show({run});
    QTRY_COMPARE(page_->visiblePlots().size(), std::size_t{2});
    page_->findChild<QComboBox*>("trainingX")->setCurrentIndex(1);
    QCOMPARE(plot("loss")->curves()[0].x, (std::vector<double>{0, 10}));
    page_->findChild<QSlider*>("trainingSmoothing")->setValue(1);  // halves every row
    QCOMPARE(plot("loss")->curves()[0].y[1], (0.25 + 0.5 * 0.5) / 1.5);
    emit plot("l0")->cursorMoved(0.0);
    QVERIFY(plot("loss")->readout().contains("0.5"));
    emit plot("l0")->cursorMoved(std::nullopt);
    QVERIFY(plot("loss")->readout().isEmpty());
  }

  void heldOutFiguresAreCurvesBesideTheModelsOwn() {
    const auto run = makeRun("first", "finished", "0,1024,12,0.5\r\n");
    writeFile(run / "held_out.csv",
              "step,tokens,loss_base,loss_sae\r\n10,10240,3,3.5\r\n20,20480,3,3.25\r\n");
    show({run});
    QTRY_COMPARE(page_->visiblePlots().size(), std::size_t{3});
    const auto& curves = plot("held-out-loss_sae")->curves();
    QCOMPARE(curves.size(), std::size_t{2});
    QCOMPARE(curves[0].y, (std::vector<double>{3.5, 3.25}));
    QVERIFY(curves[1].dashed);
    QCOMPARE(curves[1].y, (std::vector<double>{3, 3}));
  }

  void aRunOfTheCommandLineAppearsInTheStudysFolder() {
    parts_->runs.setRuns({}, folder_->path());
    const auto run = makeRun("new", "running", "0,1024,12,0.5\r\n");
    QTRY_COMPARE(page_->shownRuns(), std::vector{run});
    QTRY_COMPARE(page_->visiblePlots().size(), std::size_t{2});
  }

  void aFineTuningIsNoTrainingRun() {
    const auto first = makeRun("first", "finished", "0,1024,12,0.5\r\n");
    const auto second = makeRun("second", "finished", "0,1024,12,0.5\r\n");
    writeJson(second / "run.json", {{"kind", "finetune"}, {"state", "finished"}});
    show({first, second});
    QTRY_COMPARE(page_->shownRuns(), std::vector{first});
    QVERIFY(page_->findChild<QListWidget*>("runList")->item(1)->isHidden());
  }

  void aRunThatIsAboutToBeMadeIsNoFailure() {
    QSignalSpy failed(&parts_->runs, &RunWatch::failed);
    QSignalSpy changed(&parts_->runs, &RunWatch::changed);
    parts_->runs.expect(folder_->path() / "soon");
    show({folder_->path() / "soon"});
    makeRun("soon", "running", "");
    QTRY_VERIFY(!changed.isEmpty());
    QCOMPARE(failed.size(), 0);
  }

  void aLogarithmicAxisHasNoPlaceForZero() {
    const auto run = makeRun("first", "finished", "0,0,12,0\r\n10,11264,8,0.25\r\n");
    show({run});
    QTRY_COMPARE(page_->visiblePlots().size(), std::size_t{2});
    page_->findChild<QCheckBox*>("trainingLogX")->setChecked(true);
    page_->findChild<QCheckBox*>("trainingLog")->setChecked(true);
    plot("loss")->setCursor(11264);
    QVERIFY(plot("loss")->readout().contains("0.25"));
    QVERIFY(!page_->grab().isNull());
  }

  void aFolderThatIsNoRunIsToldOnce() {
    QSignalSpy failed(&parts_->runs, &RunWatch::failed);
    show({folder_->path() / "nothing"});
    QTRY_COMPARE(failed.size(), 1);
  }

 private:
  std::filesystem::path makeRun(const std::string& name, const std::string& state,
                                const std::string& rows) {
    const auto run = folder_->path() / name;
    std::filesystem::create_directory(run);
    writeJson(run / "run.json", {{"kind", "train"}, {"state", state}});
    writeFile(run / "metrics.csv", "step,tokens,l0,loss\r\n" + rows);
    return run;
  }

  static void append(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::app) << text;
  }

  void show(const std::vector<std::filesystem::path>& runs) { parts_->runs.setRuns(runs); }

  CurvePlot* plot(const QString& column) {
    return page_->findChild<CurvePlot*>(QStringLiteral("plot-") + column);
  }

  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<test::WindowParts> parts_;
  std::unique_ptr<TrainingPage> page_;
};

int main(int argc, char** argv) {
  Application application(argc, argv);
  TrainingTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "training_test.moc"

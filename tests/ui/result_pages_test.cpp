// SPDX-License-Identifier: GPL-3.0-or-later
// The pages that show what a job came to: Layers and Fine-tuning.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/study/study.h"
#include "tests/ui/sample_index.h"
#include "tests/ui/window_parts.h"
#include "ui/pages/fine_tuning_page.h"
#include "ui/pages/layers_page.h"
#include "ui/pages/result_table.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/sorted_values_plot.h"
#include "ui/window/application.h"
#include "ui/window/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace featurescope;

class ResultPagesTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    study_ = folder_.path() / "study";
    Study study = Study::create(study_, "results", false);
    test::SampleIndex{.features = kFeatures, .sequences = 10, .top = 5, .fineTuned = true}.write(
        study_ / "index.sqlite");
    study.indexes = {{"tuned", study_ / "index.sqlite"}};
    study.save();
    std::filesystem::create_directories(study_ / "evaluations");
    writeFile(study_ / "evaluations" / "one.json",
              R"({"loss":{"base":3.0},"trained_site":"gpt_neox.layers.1.mlp.dense_4h_to_h",)"
              R"("layers":[{"layer":0,"sae":3.5,"zero":4},{"layer":1,"sae":2.75,"zero":3.25}]})");
    makeRun();
  }

  void init() { parts_ = std::make_unique<test::WindowParts>(); }

  void theLayersOfAStudysEvaluationAreStackedOnTheBaseLoss() {
    LayersPage page(parts_->context);
    show(page);
    QVERIFY(page.findChild<QLabel*>("layersReason")->isVisible());
    open(page);
    QTRY_COMPARE(page.plot().bars().layers, (std::vector<int>{0, 1}));
    QCOMPARE(page.plot().bars().base, 3.0);
    QCOMPARE(page.plot().bars().trained, std::optional<int>(1));
    QVERIFY2(page.plot().textOf(0).contains("+0.5000"), qPrintable(page.plot().textOf(0)));
    QVERIFY(page.plot().textOf(1).contains(QChar(0x2212) + QString("0.2500")));
    auto* table = page.findChild<ResultTable*>("layersTable");
    QCOMPARE(table->cells().rowCount(), 2);
    QCOMPARE(table->cells().index(0, 3).data().toString(), QString("+0.5000"));
    QVERIFY(!page.grab().isNull());
  }

  void aFileThatIsNoEvaluationIsSaid() {
    LayersPage page(parts_->context);
    writeFile(folder_.path() / "other.json", "{}");
    QSignalSpy failed(&page, &Page::failed);
    page.showEvaluation(folder_.path() / "other.json");
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(failed[0][0].value<Failure>().next.contains("--layers"));
  }

  void scalesAndBiasesAreSortedAndNameTheirFeatures() {
    FineTuningPage page(parts_->context);
    show(page);
    open(page);
    showRuns(page);
    const auto* scales = page.findChild<SortedValuesPlot*>("tuningScales");
    const auto& sorted = scales->values();
    QCOMPARE(sorted.values.size(), std::size_t{kFeatures});
    QVERIFY(std::ranges::is_sorted(sorted.values, std::greater<>{}));
    for (std::size_t i = 0; i < kFeatures; ++i) {
      QCOMPARE(sorted.values[i],
               double{scale_[static_cast<std::size_t>(sorted.features[i].value)]});
    }
    QCOMPARE(page.findChild<CurvePlot*>("tuningLoss")->curves().front().y,
             (std::vector<double>{2, 1.5}));
    // The largest and the smallest scale lead the tables.
    QCOMPARE(page.findChild<ResultTable*>("tuningEnhanced")->cells().key(0),
             std::int64_t{sorted.features.front().value});
    QCOMPARE(page.findChild<ResultTable*>("tuningInhibited")->cells().key(0),
             std::int64_t{sorted.features.back().value});
  }

  void aClickOnThePlotOpensTheFeatureAndShowsItBeforeAndAfter() {
    FineTuningPage page(parts_->context);
    show(page);
    open(page);
    showRuns(page);
    connect(&parts_->selection, &Selection::featureChanged, &parts_->session,
            [this](FeatureId feature) { parts_->session.showFeature(feature); });
    auto* scales = page.findChild<SortedValuesPlot*>("tuningScales");
    QTest::qWait(0);
    const QPoint third = scales->pointOf(3);
    QTest::mouseMove(scales->plotArea(), third);
    QTest::mouseClick(scales->plotArea(), Qt::LeftButton, {}, third);
    const FeatureId feature = scales->values().features[3];
    QCOMPARE(parts_->selection.feature(), std::optional(feature));
    QVERIFY2(scales->readout().startsWith(QString("feature %1:").arg(feature.value)),
             qPrintable(scales->readout()));
    auto* examples = page.findChild<ResultTable*>("tuningExamples");
    QTRY_VERIFY(examples->cells().rowCount() == 5 || feature.value % 4 == 3);
    const auto id = static_cast<std::size_t>(feature.value);
    for (int row = 0; row < examples->cells().rowCount(); ++row) {
      const auto plain = [&](int column) {
        return examples->cells().index(row, column).data(ResultTableModel::PlainRole).toDouble();
      };
      const double after = std::max(0.0, double{scale_[id]} * plain(2) + double{bias_[id]});
      QVERIFY(std::abs(plain(3) - after) < 1e-3);
    }
  }

  void aRangeOfScalesFiltersTheWholeWindow() {
    FineTuningPage page(parts_->context);
    show(page);
    open(page);
    showRuns(page);
    auto* scales = page.findChild<SortedValuesPlot*>("tuningScales");
    const QPoint from = scales->pointOf(2);
    const QPoint to = scales->pointOf(20);
    QTest::mousePress(scales->plotArea(), Qt::LeftButton, {}, from);
    QMouseEvent move(QEvent::MouseMove, to, scales->plotArea()->mapToGlobal(to), Qt::NoButton,
                     Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(scales->plotArea(), &move);
    QTest::mouseRelease(scales->plotArea(), Qt::LeftButton, {}, to);
    const auto brush = parts_->selection.brush();
    QVERIFY(brush.has_value());
    QCOMPARE(brush->column, FeatureColumn::Scale);
    QCOMPARE(brush->high, scales->values().values[2]);
    QCOMPARE(brush->low, scales->values().values[20]);
    QVERIFY(!parts_->selection.feature().has_value());  // a drag is no click
    emit scales->rangeMarked(std::nullopt);
    QVERIFY(!parts_->selection.brush().has_value());
  }

  void withoutAFineTuningItSaysWhatToDo() {
    FineTuningPage page(parts_->context);
    show(page);
    QVERIFY(page.findChild<QLabel*>("tuningReason")->isVisible());
  }

 private:
  static constexpr int kFeatures = 60;

  void makeRun() {
    const auto run = study_ / "runs" / "tuned";
    std::filesystem::create_directories(run);
    writeJson(run / "run.json", {{"kind", "finetune"}, {"state", "finished"}});
    writeFile(run / "metrics.csv", "step,epoch,loss,lr\r\n0,0,2,0.001\r\n1,0,1.5,0.001\r\n");
    for (int i = 0; i < kFeatures; ++i) {
      scale_.push_back(1 + static_cast<float>((i * 37) % kFeatures - 30) / 100);
      bias_.push_back(static_cast<float>((i * 17) % kFeatures - 30) / 50);
    }
    writeScales(run / "scales.safetensors");
  }

  void writeScales(const std::filesystem::path& file) const;

  template <class PageKind>
  static void show(PageKind& page) {
    page.setColors(Theme::light().pageColors(Theme::light().window), Theme::light().plotColors());
    page.resize(900, 700);
    page.show();
  }

  void open(Page& page) {
    QSignalSpy opened(&parts_->session, &IndexSession::opened);
    parts_->session.open(study_);
    QTRY_COMPARE(opened.size(), 1);
    page.setOpened(parts_->session.current());
  }

  void showRuns(FineTuningPage& page) {
    QSignalSpy shown(&page, &FineTuningPage::resultShown);
    parts_->runs.setRuns({}, study_ / "runs");
    QTRY_COMPARE(shown.size(), 1);
  }

  TemporaryFolder folder_;
  std::filesystem::path study_;
  std::vector<float> scale_, bias_;
  std::unique_ptr<test::WindowParts> parts_;
};

void ResultPagesTest::writeScales(const std::filesystem::path& file) const {
  const auto bytes = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  const std::size_t size = scale_.size() * sizeof(float);
  const Json header{
      {"c", {{"dtype", "F32"}, {"shape", {scale_.size()}}, {"data_offsets", {0, size}}}},
      {"d", {{"dtype", "F32"}, {"shape", {bias_.size()}}, {"data_offsets", {size, 2 * size}}}}};
  const std::string text = header.dump();
  std::string length(8, '\0');
  for (int i = 0; i < 8; ++i)
    length[static_cast<std::size_t>(i)] = static_cast<char>(text.size() >> (8 * i));
  writeFile(file, length + text + bytes(scale_) + bytes(bias_));
}

int main(int argc, char** argv) {
  Application application(argc, argv);
  ResultPagesTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "result_pages_test.moc"

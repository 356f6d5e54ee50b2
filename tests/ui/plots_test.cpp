// SPDX-License-Identifier: GPL-3.0-or-later
// Figures: what they draw, and what is written of them.
#include "core/base/error.h"
#include "core/base/random.h"
#include "ui/dialogs/export_figure_dialog.h"
#include "ui/plots/activation_histogram.h"
#include "ui/plots/cosine_histogram.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/figure_export.h"
#include "ui/plots/figure_menu.h"
#include "ui/plots/figure_view.h"
#include "ui/plots/sorted_values_plot.h"
#include "ui/plots/table_figure.h"
#include "ui/window/application.h"
#include "ui/window/theme.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDate>
#include <QFileDialog>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace featurescope;

namespace {

ActivationHistogram someHistogram() {
  ActivationHistogram data;
  data.low = {0, 1, 2, 4};
  data.high = {1, 2, 4, 8};
  data.counts = {1000, 50, 0, 3};
  return data;
}

Figure someFigure() {
  Figure figure = makeFigure(someHistogram());
  figure.provenance = {{"model_hash", "sha256:3f9c"}, {"sae_hash", "sha256:77b0"}};
  return figure;
}

std::vector<CosineSample> someCosines() {
  RandomStream random(3, "cosines");
  std::vector<CosineSample> samples;
  for (int i = 0; i < 2000; ++i) {
    const bool dead = i % 4 == 0;
    samples.push_back({std::clamp((dead ? 0.6 : 0.0) + 0.2 * random.normal(), -1.0, 1.0),
                       dead ? 0.0 : std::pow(10.0, -4 * random.uniform()), dead});
  }
  samples.push_back({1.0, 0.5, false});
  samples.push_back({-1.0, 0.5, false});
  return samples;
}

}  // namespace

class PlotsTest : public QObject {
  Q_OBJECT
 private slots:
  void cosinesAreCountedAsByHand() {
    const std::vector<CosineSample> samples = someCosines();
    const std::vector<double> decades{1e-3, 1e-2, 1e-1};
    const CosineHistogram data = countCosines(samples, 20, decades);
    QCOMPARE(data.edges.size(), std::size_t{21});
    QCOMPARE(data.strata.size(), std::size_t{2});
    for (std::size_t bin = 0; bin < 20; ++bin) {
      std::int64_t dead = 0;
      std::int64_t alive = 0;
      std::int64_t rare = 0;
      for (const CosineSample& s : samples) {
        const double low = -1 + 0.1 * static_cast<double>(bin);
        const bool last = bin == 19;
        if (s.cosine < low - 1e-12 || (!last && s.cosine >= low + 0.1 - 1e-12)) continue;
        ++(s.dead ? dead : alive);
        if (!s.dead && s.density >= 1e-3 && s.density < 1e-2) ++rare;
      }
      QCOMPARE(data.dead[bin], dead);
      QCOMPARE(data.alive[bin], alive);
      QCOMPARE(data.strata[0].counts[bin], rare);
    }
  }

  void aValueFindsItsBin() {
    const ActivationHistogram data = someHistogram();
    QCOMPARE(binOf(data, 0.5), std::optional<std::size_t>(0));
    QCOMPARE(binOf(data, 1), std::optional<std::size_t>(1));
    QCOMPARE(binOf(data, 8), std::optional<std::size_t>(3));
    QCOMPARE(binOf(data, -1), std::nullopt);
  }

  void aCsvHoldsExactlyWhatIsDrawn() {
    QCOMPARE(QString::fromUtf8(renderFile(someFigure(), {.format = FigureFormat::Csv})),
             QString("low,high,count\r\n0,1,1000\r\n1,2,50\r\n2,4,0\r\n4,8,3\r\n"));
  }

  void aFigureIsWrittenToTheSameBytesEveryTime() {
    for (const FigureFormat format :
         {FigureFormat::Pdf, FigureFormat::Svg, FigureFormat::Png, FigureFormat::Csv}) {
      const QByteArray first = renderFile(someFigure(), {.format = format});
      QCOMPARE(renderFile(someFigure(), {.format = format}), first);
    }
  }

  void everyFormatSaysWhatItWasMadeFrom() {
    const QByteArray pdf = renderFile(someFigure(), {.format = FigureFormat::Pdf});
    QVERIFY(pdf.startsWith("%PDF-"));
    // 89 mm in points, and no date that would make every file another one.
    QVERIFY(pdf.contains("MediaBox [0 0 252"));
    QVERIFY(!pdf.contains(QDate::currentDate().toString("yyyyMMdd").toLatin1()));
    const QByteArray svg = renderFile(someFigure(), {.format = FigureFormat::Svg});
    QVERIFY(svg.contains("sae_hash: sha256:77b0"));
    const QImage png = QImage::fromData(
        renderFile(someFigure(), {.format = FigureFormat::Png, .dpi = 300}), "PNG");
    QCOMPARE(png.text("Description").contains("model_hash: sha256:3f9c"), true);
    QCOMPARE(png.dotsPerMeterX(), 11811);
    QVERIFY(std::abs(png.width() - 89 / 25.4 * 300) <= 2);
  }

  void aFigureForPaperIsWhiteWhateverTheTheme() {
    const QImage image = renderImage(someFigure(), {.format = FigureFormat::Png, .dpi = 96});
    QCOMPARE(image.pixelColor(1, 1), QColor(Qt::white));
    int inked = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        inked += image.pixelColor(x, y).lightness() < 200 ? 1 : 0;
      }
    }
    QVERIFY(inked > 200);
  }

  void aRangeIsMarkedByDraggingAndLetGoByADoubleClick() {
    FigureView view;
    view.resize(500, 300);
    view.setColors(Theme::darkOne().plotColors());
    view.setBrushable(true);
    view.setFigure(makeFigure(countCosines(someCosines(), 100)));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QCoreApplication::processEvents();
    QSignalSpy brushed(&view, &FigureView::brushed);
    auto* plot = view.findChildren<QWidget*>(Qt::FindDirectChildrenOnly).value(0);
    QVERIFY(plot != nullptr);
    const QPoint from(static_cast<int>(view.pixelOf(0.5)), 100);
    const QPoint to(static_cast<int>(view.pixelOf(0.1)), 120);
    QTest::mousePress(plot, Qt::LeftButton, {}, from);
    QTest::mouseMove(plot, to);
    QTest::mouseRelease(plot, Qt::LeftButton, {}, to);
    QCOMPARE(brushed.size(), 1);
    const auto low = brushed[0][0].value<std::optional<double>>();
    const auto high = brushed[0][1].value<std::optional<double>>();
    QVERIFY(low && high && std::abs(*low - 0.1) < 0.01 && std::abs(*high - 0.5) < 0.01);
    QTest::mouseDClick(plot, Qt::LeftButton, {}, from);
    QVERIFY(!brushed.last()[0].value<std::optional<double>>());

    const auto* menu = plot->findChild<FigureMenu*>();
    menu->copyTable();
    QVERIFY(QGuiApplication::clipboard()->text().startsWith("low\thigh\tdead\talive\n"));
    menu->copyImage();
    QCOMPARE(QGuiApplication::clipboard()->image().pixelColor(2, 2), QColor(Qt::white));
  }

  void aViewThatHasNothingToDrawYetOffersNothing() {
    QWidget view;
    Figure shown;
    FigureMenu menu(view, [&] { return shown; });
    QSignalSpy requested(&menu, &FigureMenu::exportRequested);
    QGuiApplication::clipboard()->setText("as before");
    menu.requestExport();
    menu.copyTable();
    menu.copyImage();
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("as before"));
    QVERIFY(requested.isEmpty());
    shown = makeFigure(countCosines(someCosines(), 100));
    menu.requestExport();
    menu.copyTable();
    QVERIFY(QGuiApplication::clipboard()->text().startsWith("low\thigh"));
    QCOMPARE(requested.size(), 1);
  }

  void curvesAreExportedAsTheyAreSeen() {
    CurveChart chart;
    chart.title = "Loss";
    chart.smoothing = 1;
    chart.curves = {{"a", 0, {0, 10, 20}, {4, 2, 1}}, {"b", 1, {0, 10}, {3, 3}, true}};
    chart.range = {5, 20};
    const Figure figure = makeFigure("loss", chart);
    QCOMPARE(figure.table.header, (std::vector<std::string>{"curve", "x", "y", "y_smoothed"}));
    // Weights halve every row: (2 + 4/2) / 1.5 and (1 + 2/2 + 4/4) / 1.75; what is dashed stays.
    QCOMPARE(figure.table.rows.size(), std::size_t{3});
    QVERIFY(std::abs(std::stod(figure.table.rows[0][3]) - 4 / 1.5) < 1e-12);
    QVERIFY(std::abs(std::stod(figure.table.rows[1][3]) - 3 / 1.75) < 1e-12);
    QCOMPARE(figure.table.rows[2], (std::vector<std::string>{"b", "10", "3", "3"}));
    const QByteArray svg = renderFile(figure, {.format = FigureFormat::Svg});
    QVERIFY(svg.contains("<path") || svg.contains("<polyline"));
  }

  void sortedValuesAreExportedByRank() {
    const Figure figure = makeFigure("scale", "Scales", SortedValues::from({0.5, 2, 1}, 1));
    QCOMPARE(toCsv(figure.table), std::string("rank,feature,scale\r\n1,1,2\r\n2,2,1\r\n"
                                              "3,0,0.5\r\n"));
  }

  void aTableIsDrawnWholeOrSaysHowMuchIsMissing() {
    ShownTable shown;
    shown.columns = {{"token", false}, {"value", true}};
    FigureTable exact{{"token", "value"}, {}};
    for (int i = 0; i < 100; ++i) {
      shown.rows.push_back({QString("row%1").arg(i), QString::number(i)});
      exact.rows.push_back({"row" + std::to_string(i), std::to_string(i)});
    }
    const Figure figure = makeFigure("table", "Table", shown, exact);
    FigureFile file{.format = FigureFormat::Svg, .heightMillimetres = 600};
    const QByteArray whole = renderFile(figure, file);
    QVERIFY(whole.contains("row0") && whole.contains("row99") && !whole.contains("rows more"));
    file.heightMillimetres = figure.heightAt(kSingleColumnMillimetres);
    const QByteArray cut = renderFile(figure, file);
    QVERIFY(cut.contains("row0") && !cut.contains("row99"));
    const int drawn = static_cast<int>(cut.count(">row"));
    QVERIFY2(cut.contains(QString("and %1 rows more").arg(100 - drawn).toUtf8()),
             cut.right(600).constData());
  }

  void tablesAloneAreOfferedAsText() {
    const auto formatsOf = [](const Figure& figure) {
      ExportFigureDialog dialog(figure);
      return dialog.findChild<QComboBox*>("exportFormat")->count();
    };
    ShownTable shown{{{"token", false}}, {{ShownTable::Cell("a_b|c", 1)}}, 1};
    const Figure table = makeFigure("table", "Table", shown, {{"token"}, {{"a_b|c"}}});
    QCOMPARE(formatsOf(someFigure()), 4);
    QCOMPARE(formatsOf(table), 6);
    QVERIFY(
        renderFile(table, {.format = FigureFormat::Latex}).contains("{F0964A}{a\\_b$\\vert$c}"));
    QVERIFY(renderFile(table, {.format = FigureFormat::Markdown}).contains(">a\\_b\\|c</mark> |"));
    QVERIFY_EXCEPTION_THROWN((void)renderFile(someFigure(), {.format = FigureFormat::Latex}),
                             UserError);
  }

  void theExportDialogAddsCaptionAndStyle() {
    ExportFigureDialog dialog(someFigure());
    const double plain = dialog.file().heightMillimetres;
    dialog.findChild<QCheckBox*>("exportCaption")->setChecked(true);
    dialog.findChild<QComboBox*>("exportStyle")->setCurrentIndex(2);
    QVERIFY(dialog.file().caption && dialog.file().look == FigureLook::Dark);
    QVERIFY(dialog.file().heightMillimetres > plain + 4);
    QCOMPARE(renderImage(someFigure(), dialog.file()).pixelColor(0, 0),
             FigureStyle::dark().colors.background);
  }

  void theExportDialogShowsAndWritesWhatWasChosen() {
    ExportFigureDialog dialog(someFigure());
    dialog.show();
    QCOMPARE(dialog.file().widthMillimetres, 89.0);
    dialog.findChild<QComboBox*>("exportWidth")->setCurrentIndex(1);
    QCOMPARE(dialog.file().widthMillimetres, 183.0);
    QVERIFY(dialog.file().heightMillimetres > 100);
    dialog.findChild<QComboBox*>("exportFormat")->setCurrentIndex(3);
    QCOMPARE(dialog.file().format, FigureFormat::Csv);
    QSignalSpy chosen(&dialog, &ExportFigureDialog::chosen);
    dialog.findChild<QPushButton*>("exportSave")->click();
    QTRY_VERIFY(dialog.findChild<QFileDialog*>() != nullptr);
    emit dialog.findChild<QFileDialog*>()->fileSelected("/x/figure.csv");
    QCOMPARE(chosen.size(), 1);
    QVERIFY(chosen[0][1].toByteArray().startsWith("low,high,count"));
    QVERIFY(!dialog.isVisible());
  }
};

int main(int argc, char** argv) {
  Application application(argc, argv);
  PlotsTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "plots_test.moc"

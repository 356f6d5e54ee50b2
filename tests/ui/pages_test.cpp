// SPDX-License-Identifier: GPL-3.0-or-later
// The pages on a real index, the demo's: what they show is what the index says.
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "core/study/demo.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs/export_figure_dialog.h"
#include "ui/models/comparison_model.h"
#include "ui/models/examples_model.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/data_table.h"
#include "ui/pages/geometry_page.h"
#include "ui/pages/result_table.h"
#include "ui/plots/figure_export.h"
#include "ui/plots/figure_menu.h"
#include "ui/plots/figure_view.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>

#include <algorithm>
#include <memory>
#include <utility>

using namespace featurescope;

class PagesTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    // A copy: notes are kept beside an index.
    std::filesystem::copy_file(resourceFolder() / "demo" / "index.sqlite", index_);
    std::filesystem::copy_file(index_, second_);
    reader_ = std::make_unique<IndexReader>(IndexReader::open(index_));
    FeatureQuery densest{.sortColumn = "density", .descending = true, .limit = 3};
    for (const FeatureRecord& record : reader_->features(densest)) {
      dense_.push_back(record.feature);
    }
  }

  void init() {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    window_ = std::make_unique<MainWindow>(settings);
    window_->setRemembering(false);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    QSignalSpy shown(window_.get(), &MainWindow::pageShown);
    window_->open(index_);
    QTRY_VERIFY(!shown.isEmpty());
    goTo(dense_[1]);
  }
  void cleanup() { window_.reset(); }

  void theSideShowsWhatTheIndexHolds() {
    const Figure& figure = find<FigureView>("histogramView")->figure();
    const auto bins = reader_->histogram(dense_[1]);
    QCOMPARE(figure.table.rows.size(), bins.size());
    std::int64_t counted = 0;
    for (const auto& row : figure.table.rows) counted += std::stoll(row[2]);
    QCOMPARE(counted, reader_->feature(dense_[1]).activeTokens);

    const auto logits = reader_->logitTokens(dense_[1]);
    const ResultTableModel& promoted = find<ResultTable>("logitTable")->cells();
    QCOMPARE(promoted.index(0, 0).data().toString(),
             QString::fromStdString(logits.promoted[0].strToken));
    QCOMPARE(plain(promoted, 0, 1), logits.promoted[0].value);
    QCOMPARE(plain(promoted, 0, 3), logits.suppressed[0].value);

    const auto tokens = reader_->featureTokens(dense_[1]);
    const ResultTableModel& firesOn = find<ResultTable>("tokenTable")->cells();
    QCOMPARE(plain(firesOn, 0, 2), tokens[0].precision);
    QCOMPARE(plain(firesOn, 0, 3), tokens[0].recall);
  }

  void everyKindOfExampleIsShown() {
    const std::pair<const char*, ExampleKind> kinds[] = {{"kindQuantile", ExampleKind::Quantile},
                                                         {"kindRandom", ExampleKind::Random},
                                                         {"kindNearMiss", ExampleKind::NearMiss}};
    auto* table = find<DataTable>("activationTable");
    for (const auto& [name, kind] : kinds) {
      find<QToolButton>(name)->click();
      const auto expected = reader_->examples(dense_[1], kind, 1000);
      QCOMPARE(table->model()->rowCount(), static_cast<int>(expected.size()));
      QVERIFY(!expected.empty());
      QCOMPARE(table->model()->index(0, ExamplesModel::Token).data().toString(),
               QString::fromStdString(expected[0].strToken));
    }
    find<QToolButton>("kindTop")->click();
  }

  void aContextKnowsTheValueAtEveryToken() {
    const auto* model =
        qobject_cast<const ExamplesModel*>(find<DataTable>("activationTable")->model());
    const Postings postings = reader_->postings(dense_[1]);
    for (int i = 0; i < model->rowCount(); ++i) {
      const ActivationRow& row = model->activation(i);
      QCOMPARE(row.values.size(), row.context.tokens.size());
      QCOMPARE(double{row.values[row.context.peak]}, row.activation.activation);
      for (std::size_t token = 0; token < row.values.size(); ++token) {
        const Position position = row.context.first + static_cast<Position>(token);
        const auto at = std::find(postings.positions.begin(), postings.positions.end(), position);
        const float expected =
            at == postings.positions.end()
                ? 0
                : postings.values[static_cast<std::size_t>(at - postings.positions.begin())];
        QCOMPARE(row.values[token], expected);
      }
    }
  }

  void hoveringAnExampleMarksItsValueInTheHistogram() {
    auto* table = find<DataTable>("activationTable");
    const QModelIndex cell = table->model()->index(2, ExamplesModel::Activation);
    const auto* model = qobject_cast<const ExamplesModel*>(table->model());
    const double expected = model->activation(2).activation.activation;
    QTRY_VERIFY(hover(*table, cell) && find<FigureView>("histogramView")->mark() == expected);
  }

  void hoveringAnExampleMarksItsTokenInTheLists() {
    auto* table = find<DataTable>("activationTable");
    auto* fires = find<ResultTable>("tokenTable");
    const auto* model = qobject_cast<const ExamplesModel*>(table->model());
    const auto tokenOf = [&](int example) {
      const ContextRecord& context = model->activation(example).context;
      return QString::fromStdString(context.tokens[context.peak]);
    };
    const auto cellOf = [&](const QString& token) {
      for (int row = 0; row < fires->cells().rowCount(); ++row) {
        const QModelIndex cell = fires->cells().index(row, 0);
        if (cell.data() == token) return cell;
      }
      return QModelIndex();
    };
    int example = 0;
    while (example < model->rowCount() && !cellOf(tokenOf(example)).isValid()) ++example;
    QVERIFY(example < model->rowCount());
    const QModelIndex cell = model->index(example, ExamplesModel::Activation);
    table->scrollTo(cell);
    QTRY_VERIFY(hover(*table, cell) && fires->markedToken() == tokenOf(example));
    QCOMPARE(find<ResultTable>("logitTable")->markedToken(), tokenOf(example));
    const QRect where = fires->visualRect(cellOf(tokenOf(example)));
    const QImage marked = fires->viewport()->grab(where).toImage();
    fires->markToken({});
    QVERIFY(fires->viewport()->grab(where).toImage() != marked);
    table->scrollToTop();
  }

  void aNeighbourIsAClickAway() {
    const auto near = reader_->neighbours(dense_[1], NeighbourRelation::DecoderCosine);
    auto* table = find<ResultTable>("neighbourTable");
    QCOMPARE(table->cells().index(0, 0).data().toString(), QString::number(near[0].feature.value));
    QSignalSpy shown(window_.get(), &MainWindow::pageShown);
    emit table->clicked(table->model()->index(0, 1));
    QTRY_VERIFY(!shown.isEmpty());
    QCOMPARE(find<QLabel>("featureTitle")->text(), QString::number(near[0].feature.value));
    QTest::keyClick(find<DataTable>("featureTable"), Qt::Key_Left, Qt::AltModifier);
  }

  void aClickedTokenShowsTheFeaturesThatFireOnIt() {
    auto* table = find<ResultTable>("tokenTable");
    const QString token = table->cells().index(0, 0).data().toString();
    emit table->clicked(table->model()->index(0, 0));
    QVERIFY(features().rowCount() > 0);
    QVERIFY(features().rowCount() < features().totalCount());
    for (int row = 0; row < features().rowCount(); ++row) {
      QVERIFY(features()
                  .index(row, static_cast<int>(FeatureColumn::TopToken))
                  .data()
                  .toString()
                  .contains(token, Qt::CaseInsensitive));
    }
    find<QPushButton>("chip0")->click();
    QCOMPARE(features().rowCount(), features().totalCount());
  }

  void theWideTextOpensOnDemand() {
    auto* table = find<DataTable>("activationTable");
    emit table->activated(table->model()->index(0, 0));
    auto* browser = find<QTextBrowser>("wideBrowser");
    QTRY_VERIFY(browser->isVisible());
    const Position position = reader_->topActivations(dense_[1], 1)[0].position;
    const ContextRecord wide = reader_->context(position, 300, 300);
    QVERIFY(browser->toPlainText().size() > std::ssize(wide.tokens));
    QSignalSpy prompt(&window_->selection(), &Selection::promptRequested);
    find<QPushButton>("wideToPrompt")->click();
    QCOMPARE(prompt.size(), 1);
    find<QPushButton>("wideClose")->click();
    QVERIFY(!browser->isVisible());
  }

  void geometryCountsEveryFeatureAndItsBrushFiltersTheTable() {
    auto* page = find<GeometryPage>("geometryPage");
    QSignalSpy shown(page, &GeometryPage::shown);
    find<QTabWidget>("pages")->setCurrentWidget(page);
    QTRY_VERIFY(!shown.isEmpty());
    const Figure& figure = find<FigureView>("geometryView")->figure();
    std::int64_t dead = 0;
    std::int64_t alive = 0;
    for (const auto& row : figure.table.rows) {
      dead += std::stoll(row[2]);
      alive += std::stoll(row[3]);
    }
    std::int64_t expectedDead = 0;
    std::int64_t expectedAlive = 0;
    int inRange = 0;
    for (const FeatureRecord& record : reader_->features()) {
      if (!record.cosineToDead) continue;
      ++(record.dead ? expectedDead : expectedAlive);
      inRange += *record.cosineToDead >= 0.1 && *record.cosineToDead <= 0.35 ? 1 : 0;
    }
    QCOMPARE(dead, expectedDead);
    QCOMPARE(alive, expectedAlive);

    emit find<FigureView>("geometryView")->brushed(0.1, 0.35);
    QCOMPARE(features().rowCount(), inRange);
    find<QPushButton>("brushChip")->click();
    QCOMPARE(features().rowCount(), features().totalCount());
    QVERIFY(!window_->selection().brush());
  }

  void aPinnedFeatureStandsBesideTheChosenOne() {
    auto* page = find<ComparePage>("comparePage");
    QSignalSpy compared(page, &ComparePage::compared);
    find<QTabWidget>("pages")->setCurrentWidget(page);
    QVERIFY(find<QLabel>("compareReason")->isVisible());
    window_->selection().pin(dense_[1]);
    QTRY_VERIFY(!compared.isEmpty());
    goTo(dense_[2]);
    QTRY_VERIFY(
        find<QLabel>("compareThereTitle")->text().startsWith(QString::number(dense_[1].value)));
    const ResultTableModel& cells = find<ResultTable>("compareStatistics")->cells();
    QTRY_COMPARE(plain(cells, 0, 1), reader_->feature(dense_[2]).density);
    QCOMPARE(plain(cells, 0, 2), reader_->feature(dense_[1]).density);
  }

  void anotherIndexIsComparedFeatureByFeature() {
    auto* page = find<ComparePage>("comparePage");
    find<QTabWidget>("pages")->setCurrentWidget(page);
    QSignalSpy compared(page, &ComparePage::compared);
    page->compareWith(second_);
    QTRY_VERIFY(!compared.isEmpty());
    auto* table = find<DataTable>("comparisonTable");
    QCOMPARE(table->model()->rowCount(), static_cast<int>(reader_->featureCount()));
    const ResultTableModel& cells = find<ResultTable>("compareStatistics")->cells();
    QCOMPARE(plain(cells, 0, 3), 0.0);
  }

  void theComparisonModelKeepsTheRulesAndSortsByWhatDiffers() {
    std::vector<FeatureRecord> records(3);
    for (int i = 0; i < 3; ++i) {
      records[static_cast<std::size_t>(i)].feature = FeatureId{i};
      records[static_cast<std::size_t>(i)].density = 0.1 * i;
    }
    const auto here = std::make_shared<const FeatureColumns>(FeatureColumns::from(records, false));
    records[0].density = 0.05;
    records[2].density = 0.0;
    const auto there = std::make_shared<const FeatureColumns>(FeatureColumns::from(records, false));
    ComparisonModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setIndexes(here, there);
    QCOMPARE(model.feature(0).value, 2);
    QCOMPARE(model.feature(1).value, 0);
    QCOMPARE(model.index(0, ComparisonModel::DensityDifference).data().toString(),
             QString("−20.00%"));
    model.sort(ComparisonModel::Feature, Qt::AscendingOrder);
    QCOMPARE(model.feature(0).value, 0);
    model.setIndexes(nullptr, nullptr);
    QCOMPARE(model.rowCount(), 0);
  }

  void everyPlotAndTableOffersTheSameExport() {
    auto* geometry = find<GeometryPage>("geometryPage");
    QSignalSpy shown(geometry, &GeometryPage::shown);
    find<QTabWidget>("pages")->setCurrentWidget(geometry);
    QTRY_VERIFY(!shown.isEmpty());
    auto* compare = find<ComparePage>("comparePage");
    find<QTabWidget>("pages")->setCurrentWidget(compare);
    QSignalSpy compared(compare, &ComparePage::compared);
    compare->compareWith(second_);
    QTRY_VERIFY(!compared.isEmpty());
    QStringList offered;
    for (QWidget* view : window_->findChildren<QWidget*>()) {
      if (!view->inherits("QCustomPlot") && !view->inherits("QTableView")) continue;
      const auto* menu = view->findChild<FigureMenu*>(QString(), Qt::FindDirectChildrenOnly);
      QVERIFY2(menu != nullptr, qPrintable(view->objectName()));
      const Figure figure = menu->figure();
      if (!figure.draw) continue;
      offered.append(figure.name);
      QVERIFY2(!figure.name.isEmpty() && !figure.title.isEmpty(), qPrintable(view->objectName()));
      QVERIFY2(!figure.table.rows.empty(), qPrintable(figure.name));
      for (const FigureFormat format : {FigureFormat::Pdf, FigureFormat::Svg, FigureFormat::Png}) {
        const FigureFile file{.format = format,
                              .heightMillimetres = figure.heightAt(kSingleColumnMillimetres)};
        QVERIFY2(renderFile(figure, file).size() > 500, qPrintable(figure.name));
      }
    }
    for (const char* name :
         {"feature-table", "activation-table", "logit-table", "neighbour-table", "token-table",
          "cosines", "geometry-groups", "comparison-table", "compare-statistics"}) {
      QVERIFY2(offered.contains(name), qPrintable(name + (" not in " + offered.join(", "))));
    }
  }

  void anExportSaysFromWhichIndexAndFeatureItIs() {
    goTo(dense_[1]);
    auto* menu = find<ResultTable>("logitTable")->findChild<FigureMenu*>();
    emit menu->exportRequested(menu->figure());
    auto* dialog = window_->findChild<ExportFigureDialog*>();
    QVERIFY(dialog != nullptr);
    const FigureProvenance& from = dialog->figure().provenance;
    const auto says = [&](const std::string& key, const std::string& value) {
      return std::find(from.begin(), from.end(), std::pair(key, value)) != from.end();
    };
    QVERIFY(says("feature", std::to_string(dense_[1].value)));
    QVERIFY(says("sae_hash", reader_->provenance().at("sae_hash")));
    const auto logits = reader_->logitTokens(dense_[1]);
    QCOMPARE(dialog->figure().table.rows[0][0], logits.promoted[0].strToken);
    QCOMPARE(std::stod(dialog->figure().table.rows[0][1]), logits.promoted[0].value);
    dialog->reject();
  }

  void theFiguresInSightAreListedForTheKeyboard() {
    QTest::keyClick(find<DataTable>("featureTable"), Qt::Key_S,
                    Qt::ControlModifier | Qt::ShiftModifier);
    auto* menu = window_->findChild<QMenu*>("exportShownMenu");
    QVERIFY(menu != nullptr);
    QStringList offered;
    for (const QAction* each : menu->actions()) offered.append(each->text());
    QVERIFY2(offered.contains("Top activations"), qPrintable(offered.join(", ")));
    QVERIFY(offered.contains("Features"));
    menu->close();
  }

  void thePaletteFindsLabelsAndActions() {
    window_->notes().change(dense_[2], {.label = "unmistakable"});
    QTest::keyClick(find<DataTable>("featureTable"), Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(window_->findChild<QLineEdit*>("paletteEdit") != nullptr);
    auto* edit = find<QLineEdit>("paletteEdit");
    QTest::keyClicks(edit, "unmistak");
    QSignalSpy shown(window_.get(), &MainWindow::pageShown);
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_VERIFY(!shown.isEmpty());
    QCOMPARE(find<QLabel>("featureTitle")->text(), QString::number(dense_[2].value));
  }

 private:
  template <class T>
  T* find(const char* name) {
    // What the Compare page has as well is meant to be the Feature page's.
    T* found = window_->findChild<QWidget*>("featurePage")->findChild<T*>(QLatin1String(name));
    if (found == nullptr) found = window_->findChild<T*>(QLatin1String(name));
    if (found == nullptr) qFatal("there is no %s", name);
    return found;
  }
  /// The exact number of a cell, as it is copied.
  static double plain(const ResultTableModel& cells, int row, int column) {
    return cells.index(row, column).data(ResultTableModel::PlainRole).toDouble();
  }
  const FeatureTableModel& features() {
    return *qobject_cast<const FeatureTableModel*>(find<DataTable>("featureTable")->model());
  }
  void goTo(FeatureId feature) {
    QSignalSpy shown(window_.get(), &MainWindow::pageShown);
    window_->goTo(feature);
    QTRY_VERIFY(!shown.isEmpty());
  }

  /// Moves the mouse to the cell, wherever the layout has brought it by now; whether it was found
  /// there. Over the corner first: a mouse put where it is sends nothing.
  static bool hover(const DataTable& table, const QModelIndex& cell) {
    QTest::mouseMove(table.viewport(), QPoint(1, 1));
    QTest::mouseMove(table.viewport(), table.visualRect(cell).center());
    return table.hoveredRow() == cell.row();
  }

  TemporaryFolder folder_;
  std::filesystem::path index_ = folder_.path() / "index.sqlite";
  std::filesystem::path second_ = folder_.path() / "second.sqlite";
  std::unique_ptr<IndexReader> reader_;
  std::vector<FeatureId> dense_;
  std::unique_ptr<MainWindow> window_;
};

int main(int argc, char** argv) {
  const TemporaryFolder home;
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home.path() / "config").string()));
  qputenv("XDG_DATA_HOME", QByteArray::fromStdString((home.path() / "data").string()));
  Application application(argc, argv);
  PagesTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "pages_test.moc"

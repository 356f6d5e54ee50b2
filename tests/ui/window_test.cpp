// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a person uses it: opened, clicked, typed into, given bad files.
#include "core/base/files.h"
#include "tests/ui/sample_index.h"
#include "tests/ui/sanitized.h"
#include "ui/bridge/paths.h"
#include "ui/models/examples_model.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/activation_delegate.h"
#include "ui/pages/data_table.h"
#include "ui/pages/feature_panel.h"
#include "ui/pages/welcome_page.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QButtonGroup>
#include <QClipboard>
#include <QComboBox>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSet>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>

#include <atomic>
#include <ctime>
#include <memory>
#include <thread>

using namespace featurescope;

/// How often what it filters was painted.
class PaintCount : public QObject {
 public:
  int count = 0;
  bool eventFilter(QObject* /*watched*/, QEvent* event) override {
    if (event->type() == QEvent::Paint) ++count;
    return false;
  }
};

class WindowTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    sample_.write(index_ = folder_.path() / "sample.sqlite");
    test::SampleIndex{.features = 60, .sequences = 10, .top = 5, .fineTuned = true}.write(
        tuned_ = folder_.path() / "tuned.sqlite");
  }

  void init() {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    window_ = std::make_unique<MainWindow>(settings);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
  }

  void cleanup() { window_.reset(); }

  void notesThatCannotBeWrittenAreNotLostSilentlyAtQuit() {
    const auto folder = folder_.path() / "unwritable";
    std::filesystem::create_directories(folder / "i.sqlite.notes.json");  // where the notes belong
    std::filesystem::copy_file(tuned_, folder / "i.sqlite");
    open(folder / "i.sqlite");
    window_->notes().change(FeatureId{1}, {.label = "precious"});
    window_->close();
    QTRY_VERIFY(window_->findChild<QMessageBox*>("loseNotesBox") != nullptr);
    QVERIFY(window_->isVisible());
    find<QMessageBox>("loseNotesBox")->reject();
    QVERIFY(window_->isVisible());
    QCOMPARE(window_->notes().note(FeatureId{1}).label, std::string("precious"));

    // The disk has room again: closing needs no question.
    std::filesystem::remove_all(folder / "i.sqlite.notes.json");
    window_->close();
    QTRY_VERIFY(!window_->isVisible());
    QVERIFY(readFile(folder / "i.sqlite.notes.json").find("precious") != std::string::npos);
  }

  void everyFocusableWidgetHasANameAndTabReachesIt() {
    openSample();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    auto* tabs = find<QTabWidget>("pages");
    for (int page = 0; page < tabs->count(); ++page) {
      tabs->setCurrentIndex(page);
      QCoreApplication::processEvents();
      QSet<QWidget*> missing;
      for (QWidget* each : window_->findChildren<QWidget*>()) {
        if (!each->isVisible() || !each->isEnabled() || each->focusProxy() != nullptr) continue;
        if ((each->focusPolicy() & Qt::TabFocus) == 0) continue;
        const auto* button = qobject_cast<QAbstractButton*>(each);
        const bool byArrow = button != nullptr && button->group() != nullptr &&
                             button->group()->exclusive() && !button->isChecked();
        if (byArrow) continue;
        missing.insert(each);
        QVERIFY2(!nameOf(*each).isEmpty(),
                 qPrintable(tabs->tabText(page) + ": " + each->metaObject()->className() + ' ' +
                            each->objectName()));
      }
      table()->setFocus();
      const auto steps = 2 * missing.size();
      for (qsizetype i = 0; i < steps && !missing.isEmpty(); ++i) {
        missing.remove(QApplication::focusWidget());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
      }
      QStringList unreached;
      for (const QWidget* each : missing)
        unreached.append(nameOf(*each) + ' ' + each->objectName());
      QVERIFY2(missing.isEmpty(), qPrintable(tabs->tabText(page) + ": " + unreached.join(", ")));
    }
  }

  void withNothingOpenItSaysWhatToDo() {
    QVERIFY(find<QWidget>("welcomePage")->isVisible());
    QVERIFY(find<QPushButton>("welcomeOpen")->isVisible());
    QVERIFY(!find<QWidget>("messageBar")->isVisible());
  }

  void anOpenedIndexShowsEveryFeatureAndTheFirstOnesPage() {
    openSample();
    QCOMPARE(table()->model()->rowCount(), 16384);
    QCOMPARE(find<QLabel>("matchCount")->text(), QString("16,384"));
    QCOMPARE(find<QLabel>("countStatus")->text(), QString("16,384 features · 4,096 dead"));
    QCOMPARE(find<QLabel>("hashStatus")->text(), QString("model 3f9c…a1 · sae 77b0…4e"));
    QVERIFY(find<QLabel>("breadcrumb")->text().contains("layer 1 mlp-out"));
    QCOMPARE(find<QLabel>("featureTitle")->text(), QString::number(feature(0)));
    QCOMPARE(activations()->model()->rowCount(), sample_.top);
    QTRY_VERIFY(!find<QLabel>("deviceStatus")->text().isEmpty());
  }

  void aClickOnARowShowsItsActivations() {
    openSample();
    const QModelIndex row = table()->model()->index(4, 0);
    QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, table()->visualRect(row).center());
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString::number(feature(4)));
    QCOMPARE(activations()->model()->index(0, ExamplesModel::Token).data(),
             table()->model()->index(4, static_cast<int>(FeatureColumn::TopToken)).data());
  }

  void theArrowKeysMoveBetweenFeatures() {
    openSample();
    QTest::keyClick(table(), Qt::Key_Down);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString::number(feature(1)));
    QTest::keyClick(table(), Qt::Key_Right);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString::number(feature(2)));
    QTest::keyClick(activations(), Qt::Key_Left);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString::number(feature(1)));
    QCOMPARE(table()->currentIndex().row(), 1);
  }

  void gGoesToAnId() {
    openSample();
    QTest::keyClick(table(), Qt::Key_G);
    QTRY_VERIFY(window_->findChild<QDialog*>("goToFeatureDialog") != nullptr);
    auto* edit = find<QLineEdit>("goToFeatureEdit");
    QTest::keyClicks(edit, "99999");
    QTest::keyClick(edit, Qt::Key_Return);
    QVERIFY(find<QLabel>("goToFeatureNote")->text().contains("16383"));
    edit->clear();
    QTest::keyClicks(edit, "204");
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("204"));
    QCOMPARE(feature(table()->currentIndex().row()), 204);
  }

  void backAndForwardGoThroughVisitedFeatures() {
    NavigationHistory::Time now{};
    window_->setClock([&now] { return now; });
    openSample();
    const QString first = find<QLabel>("featureTitle")->text();
    window_->goTo(FeatureId{204});
    // The first feature was shown for a moment only; opening it is no visit that counts.
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("204"));
    now += std::chrono::seconds(1);
    window_->goTo(FeatureId{300});
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("300"));
    QTest::keyClick(table(), Qt::Key_Left, Qt::AltModifier);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("204"));
    QTest::keyClick(table(), Qt::Key_Right, Qt::AltModifier);
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("300"));
  }

  void whatComesFromFilesIsShownAsPlainText() {
    openSample();
    for (const char* name : {"featureSubtitle", "compareHereTitle", "compareThereTitle",
                             "hashStatus", "welcomeTitle", "messageText"}) {
      const auto* label = window_->findChild<QLabel*>(name);
      QVERIFY2(label != nullptr, name);
      QVERIFY2(label->textFormat() == Qt::PlainText, name);
    }
  }

  void aDeadFeatureSaysWhyItsPageIsEmpty() {
    openSample();
    window_->goTo(FeatureId{3});
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("3"));
    QVERIFY(find<QLabel>("featureReason")->isVisible());
    QVERIFY(find<QLabel>("featureReason")->text().contains("Activated by no token of this text"));
    QVERIFY(!activations()->isVisible());
  }

  void theFilterNarrowsTheTableAndAConditionBecomesAChip() {
    openSample();
    QTest::keyClick(table(), Qt::Key_Slash);
    auto* edit = find<QLineEdit>("filterEdit");
    QTRY_VERIFY(edit->hasFocus());
    QTest::keyClicks(edit, "density > 0.2%");
    const int dense = table()->model()->rowCount();
    QVERIFY(dense > 0 && dense < 16384);
    QTest::keyClick(edit, Qt::Key_Return);
    QVERIFY(edit->text().isEmpty());
    QVERIFY(find<QPushButton>("chip0")->text().contains("density > 0.2%"));
    QCOMPARE(table()->model()->rowCount(), dense);
    QTest::keyClicks(edit, "the");
    QVERIFY(table()->model()->rowCount() < dense);
    QVERIFY(find<QLabel>("matchCount")->text().endsWith(" of 16,384"));
    QTest::keyClick(edit, Qt::Key_Escape);
    QVERIFY(table()->hasFocus());
    edit->clear();
    find<QPushButton>("chip0")->click();
    QCOMPARE(table()->model()->rowCount(), 16384);
    find<QToolButton>("hideDead")->click();
    QCOMPARE(table()->model()->rowCount(), 16384 - 4096);
  }

  void aFilterThatHidesTheFeatureKeepsItsPage() {
    openSample();
    window_->goTo(FeatureId{204});
    QTRY_COMPARE(find<QLabel>("featureTitle")->text(), QString("204"));
    find<QLineEdit>("filterEdit")->setText("id = 300");
    QCOMPARE(table()->model()->rowCount(), 1);
    QCOMPARE(find<QLabel>("featureTitle")->text(), QString("204"));
    find<QLineEdit>("filterEdit")->clear();
    QCOMPARE(feature(table()->currentIndex().row()), 204);
  }

  void clicksOnHeadsSortAndShiftAddsAKey() {
    openSample();
    clickHead(FeatureColumn::Max, {});
    QCOMPARE(model().sortKeys(), (std::vector<SortKey>{{FeatureColumn::Max, true}}));
    QVERIFY(model()
                .headerData(static_cast<int>(FeatureColumn::Max), Qt::Horizontal)
                .toString()
                .startsWith("max ▾"));
    clickHead(FeatureColumn::Max, {});
    QCOMPARE(model().sortKeys(), (std::vector<SortKey>{{FeatureColumn::Max, false}}));
    QCOMPARE(feature(table()->currentIndex().row()), find<QLabel>("featureTitle")->text().toInt());
  }

  void theFineTunedColumnsAppearWithAFineTunedIndex() {
    openSample();
    const auto scale = static_cast<int>(FeatureColumn::Scale);
    QVERIFY(table()->isColumnHidden(scale));
    open(tuned_);
    QVERIFY(!table()->isColumnHidden(scale));
    QTRY_COMPARE(activations()->model()->columnCount(), 6);
  }

  void ctrlCCopiesRowsWithTheirHead() {
    openSample();
    QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split('\n');
    QCOMPARE(lines.size(), 3);
    QCOMPARE(lines[0],
             QString("bookmark\tfeature\tlabel\tdensity\tmax\ttop_token\tcosine_to_dead"));
    QCOMPARE(lines[1].split('\t').at(1), QString::number(feature(0)));
    find<QPushButton>("copyActivations")->click();
    QCOMPARE(QGuiApplication::clipboard()->text().count('\n'), sample_.top + 1);
  }

  void aLabelAndABookmarkAreSavedAtOnceAndComeBack() {
    open(tuned_);
    QTest::keyClick(table(), Qt::Key_L);
    auto* label = find<QLineEdit>("featureLabel");
    QTRY_VERIFY(label->hasFocus());
    QTest::keyClicks(label, "a king");
    QTest::keyClick(label, Qt::Key_Return);
    QTRY_VERIFY(table()->hasFocus());
    QTest::keyClick(window_->focusWidget(), Qt::Key_B);
    const FeatureId labelled{feature(0)};
    QTRY_VERIFY(window_->notes().saved());
    const auto file = folder_.path() / "tuned.sqlite.notes.json";
    const std::string written = readFile(file);
    QVERIFY(written.find("a king") != std::string::npos);
    const auto column = static_cast<int>(FeatureColumn::Label);
    QCOMPARE(table()->model()->index(0, column).data().toString(), QString("a king"));

    cleanup();
    init();
    open(tuned_);
    QTRY_COMPARE(window_->notes().note(labelled).label, std::string("a king"));
    QVERIFY(window_->notes().note(labelled).bookmarked);
    window_->goTo(labelled);
    QTRY_COMPARE(find<QLineEdit>("featureLabel")->text(), QString("a king"));
    find<QToolButton>("onlyBookmarked")->click();
    QCOMPARE(table()->model()->rowCount(), 1);
    // Another window changes the same file: it shows here, too.
    changeNotes(file, std::string("sha256:77b0").append(58, '0').append("4e"),
                {{labelled, {.label = "a queen"}}});
    QTRY_COMPARE(window_->notes().note(labelled).label, std::string("a queen"));
    QCOMPARE(find<QLineEdit>("featureLabel")->text(), QString("a queen"));
  }

  void aFileThatIsNoIndexShowsAMessageAndKeepsWhatIsOpen() {
    openSample();
    const auto letter = folder_.path() / "letter.sqlite";
    writeFile(letter, "Dear Sir or Madam");
    window_->open(letter);
    auto* bar = find<MessageBar>("messageBar");
    QTRY_VERIFY(bar->isVisible());
    QVERIFY(bar->text().contains("letter.sqlite"));
    QCOMPARE(table()->model()->rowCount(), 16384);
    QTest::keyClick(table(), Qt::Key_Escape);
    QVERIFY(!bar->isVisible());
    for (const auto& bad : {folder_.path() / "missing.sqlite", folder_.path(), truncated()}) {
      window_->open(bad);
      QTRY_VERIFY(bar->isVisible());
      QVERIFY(!bar->text().isEmpty());
      QTest::keyClick(table(), Qt::Key_Escape);
      QTRY_VERIFY(!bar->isVisible());
    }
  }

  void aDroppedFileOpens() {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(toQString(tuned_))});
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(window_.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(window_.get(), &drop);
    QTRY_COMPARE(table()->model()->rowCount(), 60);
  }

  void aStudysIndexesAreChosenInACombo() {
    Study study = Study::create(folder_.path() / "study", "Two indexes", true);
    study.indexes = {{"tuned", tuned_}, {"sample", index_}};
    study.save();
    open(study.folder);
    auto* combo = find<QComboBox>("studyIndexes");
    QVERIFY(combo->isVisible());
    QCOMPARE(combo->count(), 2);
    QCOMPARE(table()->model()->rowCount(), 60);
    combo->setCurrentIndex(1);
    emit combo->activated(1);
    QTRY_COMPARE(table()->model()->rowCount(), 16384);
    window_->close();

    // What was looked at last comes back; without it, the study's first index.
    window_ = std::make_unique<MainWindow>(WindowSettings::load());
    window_->reopenLast();
    QTRY_COMPARE(table()->model()->rowCount(), 16384);
    study.indexes.pop_back();
    study.save();
    window_ = std::make_unique<MainWindow>(WindowSettings::load());
    window_->reopenLast();
    QTRY_COMPARE(table()->model()->rowCount(), 60);
  }

  void aStudyWithoutAnIndexSaysWhatToDo() {
    const Study study = Study::create(folder_.path() / "empty", "Empty study", true);
    window_->open(study.folder);
    QTRY_COMPARE(find<QLabel>("welcomeTitle")->text(), QString("Empty study"));
    QVERIFY(find<QLabel>("welcomeText")->text().contains("no index yet"));
  }

  void columnsCanBeHiddenAndMovedAndAreRemembered() {
    openSample();
    find<FeaturePanel>("featurePanel")->showColumn(FeatureColumn::TopToken, false);
    table()->horizontalHeader()->moveSection(3, 1);
    window_->close();
    WindowSettings settings = WindowSettings::load();
    QCOMPARE(settings.lastOpened, toQString(index_));
    QCOMPARE(settings.recent.value(0), toQString(index_));
    window_ = std::make_unique<MainWindow>(settings);
    window_->show();
    openSample();
    QVERIFY(table()->isColumnHidden(static_cast<int>(FeatureColumn::TopToken)));
    QCOMPARE(table()->horizontalHeader()->logicalIndex(1),
             static_cast<int>(FeatureColumn::Density));
  }

  void aFailingIndexJobIsShownWithItsReason() {
    const auto out = folder_.path() / "never.sqlite";
    window_->setRemembering(false);
    window_->desk().startIndex({{"--model", "/nowhere/model"},
                                {"--sae", "/nowhere/sae"},
                                {"--text", "/nowhere/text.txt"},
                                {"--layer", "0"},
                                {"--context", "128"},
                                {"--top", "50"},
                                {"--out", toQString(out)}});
    QTRY_VERIFY(find<QWidget>("jobsPanel")->isVisible());
    QTRY_VERIFY(find<QWidget>("messageBar")->isVisible());
    QVERIFY(find<QLabel>("jobStatus")->text().startsWith("failed"));
    QVERIFY(!std::filesystem::exists(out));
    find<QPushButton>("jobCancel")->click();
    QTRY_VERIFY(!find<QWidget>("jobsPanel")->isVisible());
  }

  void theTableIsExportedAsCsv() {
    open(tuned_);
    find<QPushButton>("exportButton")->click();
    QTRY_VERIFY(window_->findChild<QFileDialog*>() != nullptr);
    auto* dialog = window_->findChild<QFileDialog*>();
    const auto file = folder_.path() / "table.csv";
    dialog->findChild<QLineEdit*>("fileNameEdit")->setText(toQString(file));
    QVERIFY(QMetaObject::invokeMethod(dialog, "accept"));
    QTRY_VERIFY(std::filesystem::exists(file));
    const std::string csv = readFile(file);
    QVERIFY(csv.starts_with(
        "bookmark,feature,label,density,max,top_token,cosine_to_dead,scale,bias\r\n"));
    QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), 61);
  }

  void aMissingDemoIsSaid() {
    qputenv("FEATURESCOPE_RESOURCES", QByteArray::fromStdString(folder_.path().string()));
    window_->openDemo();
    QTRY_VERIFY(find<MessageBar>("messageBar")->isVisible());
    QVERIFY(!find<MessageBar>("messageBar")->text().isEmpty());
    qunsetenv("FEATURESCOPE_RESOURCES");
  }

  void aWaitingJobCanBeMovedToTheFront() {
    std::atomic<bool> released = false;
    const auto held = [&](const JobContext& job) -> std::string {
      while (!released) {
        job.throwIfStopped();
        std::this_thread::yield();
      }
      return {};
    };
    const auto quick = [](const JobContext&) { return std::string(); };
    window_->jobs().submit("Index", "running", held);
    window_->jobs().submit("Index", "first", quick);
    window_->jobs().submit("Index", "second", quick);
    const auto buttons = window_->findChildren<QPushButton*>("jobNext");
    QCOMPARE(buttons.size(), 3);
    buttons[2]->click();
    QCOMPARE(window_->jobs().jobs()[1].title, QString("second"));
    released = true;
    QTRY_VERIFY(!window_->jobs().busy());
  }

  void closingWithARunningJobAsksAndThenEndsCleanly() {
    std::atomic<bool> began = false;
    std::atomic<bool> ended = false;
    window_->jobs().submit("Index", "long", [&](const JobContext& job) -> std::string {
      began = true;
      while (!job.stop.stop_requested()) std::this_thread::yield();
      ended = true;
      throw Interrupted();
    });
    QTRY_VERIFY(began);
    QVERIFY(!window_->close());
    QTRY_VERIFY(window_->findChild<QWidget*>("stopJobsBox") != nullptr);
    QVERIFY(!ended);
    find<QPushButton>("stopAndQuit")->click();
    QTRY_VERIFY(!window_->isVisible());
    QVERIFY(ended);
  }

  void theMouseFindsTheTokenBelowIt() {
    ContextRecord context;
    context.first = 100;
    context.tokens = {"A", "·river", "·the", "·bay"};
    context.peak = 2;
    const ActivationDelegate delegate;
    const QRect cell(0, 0, 400, 24);
    QCOMPARE(delegate.tokenAt(context, cell, 200), std::optional<std::size_t>(2));
    QCOMPARE(delegate.tokenAt(context, cell, 170), std::optional<std::size_t>(1));
    QCOMPARE(delegate.tokenAt(context, cell, 225), std::optional<std::size_t>(3));
    QCOMPARE(delegate.tokenAt(context, cell, 2), std::nullopt);
    QCOMPARE(delegate.tokenAt(context, cell, 398), std::nullopt);
  }

  void passingFeaturesLeaveNoTraceInTheHistory() {
    NavigationHistory history;
    NavigationHistory::Time now{};
    history.visit(FeatureId{1}, now);
    history.visit(FeatureId{2}, now += std::chrono::seconds(5));
    history.visit(FeatureId{3}, now += std::chrono::milliseconds(50));
    history.visit(FeatureId{4}, now += std::chrono::milliseconds(50));
    QVERIFY(!history.canGoForward());
    QCOMPARE(history.back()->value, 1);
    QVERIFY(!history.canGoBack());
    QCOMPARE(history.forward()->value, 4);
    history.back();
    history.visit(FeatureId{9}, now += std::chrono::seconds(5));
    QVERIFY(!history.canGoForward());
    QCOMPARE(history.back()->value, 1);
  }

  void bothThemesPaintTheWholeWindow() {
    openSample();
    for (const ThemeChoice choice : {ThemeChoice::Dark, ThemeChoice::Light}) {
      window_->setTheme(choice);
      const QImage picture = window_->grab().toImage();
      const QColor ground = picture.pixelColor(picture.width() - 4, picture.height() / 2);
      QCOMPARE(ground.lightness() < 128, choice == ThemeChoice::Dark);
    }
  }

  /// Judged by the GUI thread's own time: what else this machine does meanwhile is not the
  /// window's.
  void aWarmSwitchPaintsOnceWithinAFrame() {
    openSample();
    PaintCount paints;
    activations()->viewport()->installEventFilter(&paints);
    connect(window_.get(), &MainWindow::pageShown, &paints, [&paints] { paints.count = 0; });
    std::vector<double> wall;
    std::vector<double> own;
    std::vector<int> painted;
    for (int row = 1; row <= 40; ++row) {
      QSignalSpy shown(window_.get(), &MainWindow::pageShown);
      QElapsedTimer timer;
      timer.start();
      const double before = threadMilliseconds();
      window_->goTo(FeatureId{feature(row)});
      while (shown.isEmpty() || paints.count == 0) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
      }
      wall.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
      QCoreApplication::processEvents();  // what it leaves to do counts as well
      own.push_back(threadMilliseconds() - before);
      painted.push_back(paints.count);
    }
    std::sort(wall.begin(), wall.end());
    std::sort(own.begin(), own.end());
    std::sort(painted.begin(), painted.end());
    qInfo("switch of feature, question to painted page: median %.1f ms (GUI thread %.1f ms)",
          wall[20], own[20]);
    QCOMPARE(painted[20], 1);
    if (test::sanitized()) QSKIP("a sanitizer takes several times as long");
    QVERIFY(own[20] < 16);
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

  /// What a screen reader says.
  static QString nameOf(const QWidget& widget) {
    const QAccessibleInterface* accessible =
        QAccessible::queryAccessibleInterface(const_cast<QWidget*>(&widget));
    return accessible == nullptr ? QString() : accessible->text(QAccessible::Name);
  }

  static double threadMilliseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }

  DataTable* table() { return find<DataTable>("featureTable"); }
  DataTable* activations() { return find<DataTable>("activationTable"); }
  const FeatureTableModel& model() {
    return *qobject_cast<const FeatureTableModel*>(table()->model());
  }
  int feature(int row) { return model().feature(row).value; }

  void open(const std::filesystem::path& path) {
    QSignalSpy shown(window_.get(), &MainWindow::pageShown);
    window_->open(path);
    QTRY_VERIFY(!shown.isEmpty());
  }
  void openSample() { open(index_); }

  void clickHead(FeatureColumn column, Qt::KeyboardModifiers modifiers) {
    QHeaderView* head = table()->horizontalHeader();
    const auto section = static_cast<int>(column);
    const QPoint at(head->sectionViewportPosition(section) + head->sectionSize(section) / 2,
                    head->height() / 2);
    QTest::mouseClick(head->viewport(), Qt::LeftButton, modifiers, at);
  }

  /// An index that was cut off in the middle of its pages.
  std::filesystem::path truncated() {
    const auto path = folder_.path() / "truncated.sqlite";
    std::filesystem::copy_file(index_, path, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 3);
    return path;
  }

  TemporaryFolder folder_;
  test::SampleIndex sample_;
  std::filesystem::path index_, tuned_;
  std::unique_ptr<MainWindow> window_;
};

int main(int argc, char** argv) {
  // The person's settings are not ours to touch.
  const TemporaryFolder home;
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home.path() / "config").string()));
  qputenv("XDG_DATA_HOME", QByteArray::fromStdString((home.path() / "data").string()));
  Application application(argc, argv);
  WindowTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "window_test.moc"

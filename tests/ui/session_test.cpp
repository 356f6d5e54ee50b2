// SPDX-License-Identifier: GPL-3.0-or-later
// A whole session by keyboard and mouse: nothing may keep the window's thread for long, and what
// was done must be there again afterwards.
#include "core/base/files.h"
#include "core/study/demo.h"
#include "tests/ui/sample_index.h"
#include "ui/bridge/note_keeper.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/training_form.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/pages/training_page.h"
#include "ui/window/application.h"
#include "ui/window/event_watchdog.h"
#include "ui/window/main_window.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSplitter>
#include <QTabWidget>
#include <QTest>

#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <unistd.h>

using namespace featurescope;

namespace {

constexpr double kLongestBlockMilliseconds = 50;
constexpr int kSwitches = 200;
constexpr double kMegabyte = 1024.0 * 1024.0;
/// What a session may leave behind, in megabytes, once caches are full.
constexpr double kLeftInUse = 0.5;
constexpr double kLeftResident = 3;

struct Memory {
  double inUse = 0;     ///< megabytes that were allocated and not freed
  double resident = 0;  ///< megabytes of the process in memory

  static Memory now() {
    const auto heap = mallinfo2();
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return {static_cast<double>(heap.uordblks + heap.hblkhd) / kMegabyte,
            pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMegabyte};
  }
};

}  // namespace

class SessionTest : public QObject {
  Q_OBJECT
 public:
  explicit SessionTest(Application& application) : application_(application) {}

 private slots:
  void initTestCase() {
    test::SampleIndex{.features = 32'768, .sequences = 400, .top = 8}.write(index_);
  }

  void aWholeSessionNeverBlocks() {
    EventWatchdog watchdog;
    runSession(watchdog);
    qInfo("longest block of the window's thread: %.1f ms (%s)", watchdog.longestMilliseconds(),
          qPrintable(watchdog.longestEvent()));
    QVERIFY2(watchdog.longestMilliseconds() < kLongestBlockMilliseconds,
             qPrintable(watchdog.longestEvent()));
  }

  void tenSessionsTakeNoMoreMemoryThanThree() {
    if (mallinfo2().uordblks == 0) QSKIP("this build has another allocator");
    constexpr int kWarm = 3;
    constexpr int kSessions = 10;
    Memory warm;
    for (int i = 1; i <= kSessions; ++i) {
      EventWatchdog watchdog;
      runSession(watchdog);
      const Memory memory = Memory::now();
      qInfo("after %d: %.1f MB in use, %.1f MB resident", i, memory.inUse, memory.resident);
      if (i == kWarm) warm = memory;
    }
    const Memory last = Memory::now();
    const int sessions = kSessions - kWarm;
    QVERIFY((last.inUse - warm.inUse) / sessions < kLeftInUse);
    QVERIFY((last.resident - warm.resident) / sessions < kLeftResident);
  }

  void closingAndReopeningBringsTheWorkBack() {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    {
      MainWindow window(settings);
      window.show();
      open(window);
      window.notes().change(FeatureId{12}, {.label = "kept", .notes = "seen twice"});
      for (const QSplitter* each : window.findChildren<QSplitter*>()) {
        QVERIFY(!each->objectName().isEmpty());
      }
      window.findChild<QSplitter*>("mainSplitter")->setSizes({700, 740});
      window.close();
    }
    MainWindow window(WindowSettings::load());
    window.show();
    QSignalSpy shown(&window, &MainWindow::pageShown);
    window.reopenLast();
    QTRY_VERIFY(!shown.isEmpty());
    QTRY_COMPARE(window.notes().note(FeatureId{12}).label, std::string("kept"));
    const int width = window.findChild<QSplitter*>("mainSplitter")->sizes().value(0);
    QVERIFY2(std::abs(width - 700) < 5, qPrintable(QString::number(width)));
    QCOMPARE(window.notes().note(FeatureId{12}).notes, std::string("seen twice"));
  }

 private:
  void open(MainWindow& window) {
    QSignalSpy shown(&window, &MainWindow::pageShown);
    window.open(index_);
    while (shown.isEmpty()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }

  void runSession(EventWatchdog& watchdog) {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    auto window = std::make_unique<MainWindow>(settings);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    QCoreApplication::processEvents();
    application_.watch(&watchdog);
    open(*window);
    auto* table = window->findChild<DataTable*>("featureTable");
    QVERIFY(table != nullptr);
    sortBy(*table, FeatureColumn::Max);
    sortBy(*table, FeatureColumn::TopToken);
    filter(*window, *table);
    for (int i = 0; i < kSwitches; ++i) {
      QSignalSpy shown(window.get(), &MainWindow::pageShown);
      QTest::keyClick(table, Qt::Key_Down);
      while (shown.isEmpty()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    QTest::keyClick(table, Qt::Key_B);
    QTRY_VERIFY(window->notes().saved());
    auto* tabs = window->findChild<QTabWidget*>("pages");
    for (int tab = 0; tab < tabs->count(); ++tab) {
      tabs->setCurrentIndex(tab);
      QTest::qWait(1);
    }
    tabs->setCurrentIndex(0);
    palette(*window, *table);
    trainAndStop(*window);
    window->close();
    QCoreApplication::processEvents();
    application_.watch(nullptr);
  }

  static void sortBy(DataTable& table, FeatureColumn column) {
    QHeaderView* head = table.horizontalHeader();
    const auto section = static_cast<int>(column);
    QTest::mouseClick(head->viewport(), Qt::LeftButton, {},
                      QPoint(head->sectionViewportPosition(section) + 4, head->height() / 2));
  }

  static void filter(MainWindow& window, DataTable& table) {
    QTest::keyClick(&table, Qt::Key_Slash);
    auto* edit = window.findChild<QLineEdit*>("filterEdit");
    QTest::keyClicks(edit, "density > 0.01%");
    QTest::keyClick(edit, Qt::Key_Return);
    QVERIFY(table.model()->rowCount() < 32'768);
    QTest::keyClick(edit, Qt::Key_Escape);
  }

  static void palette(MainWindow& window, DataTable& table) {
    QTest::keyClick(&table, Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(window.findChild<QLineEdit*>("paletteEdit") != nullptr);
    auto* edit = window.findChild<QLineEdit*>("paletteEdit");
    QTest::keyClicks(edit, "204");
    QSignalSpy shown(&window, &MainWindow::pageShown);
    QTest::keyClick(edit, Qt::Key_Return);
    while (shown.isEmpty()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QCOMPARE(window.findChild<QLabel*>("featureTitle")->text(), QString("204"));
  }

  /// A real run of the demo's model, stopped as soon as its curves are seen to grow.
  void trainAndStop(MainWindow& window) {
    FormValues values = TrainingForm().initialValues();
    for (const auto& [flag, value] : {std::pair{"--layer", "1"},
                                      {"--steps", "100000"},
                                      {"--features", "64"},
                                      {"--batch", "2"},
                                      {"--shuffle-buffer", "1024"}}) {
      values.set(flag, value);
    }
    values.set("--model", toQString(resourceFolder() / "demo" / "model"));
    values.set("--text", toQString(resourceFolder() / "demo" / "texts" / "chess.txt"));
    values.set("--out", toQString(folder_.path() / "runs" / std::to_string(++runs_)));
    QVERIFY(window.showPage("Training"));
    window.desk().startTraining(values);
    QVERIFY(!window.jobs().jobs().empty());
    const JobId id = window.jobs().jobs().back().id;
    const auto* page = window.findChild<TrainingPage*>();
    const auto points = [&] {
      const auto plots = page->visiblePlots();
      return plots.empty() ? 0 : plots.front()->curves().front().x.size();
    };
    QTRY_VERIFY_WITH_TIMEOUT(points() > 0, 60'000);
    const std::size_t seen = points();
    QTRY_VERIFY_WITH_TIMEOUT(points() > seen, 60'000);
    window.jobs().cancel(id);
    QTRY_VERIFY_WITH_TIMEOUT(!window.jobs().busy(), 60'000);
    window.jobs().dismiss(id);
  }

  Application& application_;
  int runs_ = 0;
  TemporaryFolder folder_;
  std::filesystem::path index_ = folder_.path() / "large.sqlite";
};

int main(int argc, char** argv) {
  // The person's settings are not ours to touch.
  const TemporaryFolder home;
  qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((home.path() / "config").string()));
  qputenv("XDG_DATA_HOME", QByteArray::fromStdString((home.path() / "data").string()));
  Application application(argc, argv);
  SessionTest test(application);
  return QTest::qExec(&test, argc, argv);
}

#include "session_test.moc"

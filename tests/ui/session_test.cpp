// SPDX-License-Identifier: GPL-3.0-or-later
// A whole session by keyboard and mouse: nothing may keep the window's thread for long, and what
// was done must be there again afterwards.
#include "core/base/files.h"
#include "tests/ui/sample_index.h"
#include "ui/bridge/note_keeper.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/window/application.h"
#include "ui/window/event_watchdog.h"
#include "ui/window/main_window.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>

#include <atomic>
#include <memory>
#include <thread>

using namespace featurescope;

namespace {

constexpr double kLongestBlockMilliseconds = 50;
constexpr int kSwitches = 200;

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

  void closingAndReopeningBringsTheWorkBack() {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    {
      MainWindow window(settings);
      window.show();
      open(window);
      window.notes().change(FeatureId{12}, {.label = "kept", .notes = "seen twice"});
      window.close();
    }
    MainWindow window(WindowSettings::load());
    window.show();
    QSignalSpy shown(&window, &MainWindow::pageShown);
    window.reopenLast();
    QTRY_VERIFY(!shown.isEmpty());
    QTRY_COMPARE(window.notes().note(FeatureId{12}).label, std::string("kept"));
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
    cancelAJob(*window);
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

  static void cancelAJob(MainWindow& window) {
    std::atomic<bool> began = false;
    const JobId id =
        window.jobs().submit("Index", "held", [&began](const JobContext& job) -> std::string {
          std::uint64_t done = 0;
          while (!job.stop.stop_requested()) {
            job.progress.update({"working", ++done, 0, "steps", {}});
            began = true;
            std::this_thread::yield();
          }
          throw Interrupted();
        });
    QTRY_VERIFY(began);
    window.jobs().cancel(id);
    QTRY_VERIFY(!window.jobs().busy());
    window.jobs().dismiss(id);
  }

  Application& application_;
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

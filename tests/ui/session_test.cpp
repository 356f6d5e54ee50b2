// SPDX-License-Identifier: GPL-3.0-or-later
// A whole session by keyboard and mouse: nothing may keep the window's thread for long, and what
// was done must be there again afterwards.
#include "core/base/files.h"
#include "tests/ui/sample_index.h"
#include "tests/ui/sanitized.h"
#include "tests/ui/scripted_session.h"
#include "ui/window/application.h"
#include "ui/window/event_watchdog.h"

#include <QSplitter>

#include <cstdlib>
#include <memory>

using namespace featurescope;

namespace {

constexpr double kLongestBlockMilliseconds = 50;
constexpr int kSwitches = 200;
/// What a session may leave behind, in megabytes, once caches are full.
constexpr double kLeftInUse = 0.5;
constexpr double kLeftResident = 2;

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
    if (test::sanitized()) QSKIP("a sanitizer takes several times as long");
    QVERIFY2(watchdog.longestMilliseconds() < kLongestBlockMilliseconds,
             qPrintable(watchdog.longestEvent()));
  }

  void tenSessionsTakeNoMoreMemoryThanThree() {
    if (mallinfo2().uordblks == 0) QSKIP("this build has another allocator");
    constexpr int kWarm = 3;
    constexpr int kSessions = 10;
    test::Memory warm;
    for (int i = 1; i <= kSessions; ++i) {
      EventWatchdog watchdog;
      runSession(watchdog);
      const test::Memory memory = test::Memory::now();
      qInfo("after %d: %.1f MB in use, %.1f MB resident", i, memory.inUse, memory.resident);
      if (i == kWarm) warm = memory;
    }
    const test::Memory last = test::Memory::now();
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
      test::ScriptedSession(window, folder_.path()).open(index_);
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
  void runSession(EventWatchdog& watchdog) {
    WindowSettings settings;
    settings.theme = ThemeChoice::Light;
    auto window = std::make_unique<MainWindow>(settings);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    QCoreApplication::processEvents();
    application_.watch(&watchdog);
    test::ScriptedSession session(*window, folder_.path() / "runs" / std::to_string(++sessions_));
    session.open(index_);
    session.explore(kSwitches);
    session.trainAndStop();
    window->close();
    QCoreApplication::processEvents();
    application_.watch(nullptr);
  }

  Application& application_;
  int sessions_ = 0;
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

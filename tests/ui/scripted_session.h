// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/demo.h"
#include "ui/bridge/note_keeper.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/training_form.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/pages/training_page.h"
#include "ui/window/main_window.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>

#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <string>
#include <unistd.h>

namespace featurescope::test {

/// What the process holds of the machine's memory, in megabytes.
struct Memory {
  double inUse = 0;     ///< allocated and not freed
  double resident = 0;  ///< of the process in memory, without pages of files

  /// Has the heaps give back what they keep for reuse first: it varies by tens of megabytes from
  /// one moment to the next, as do the pages of a mapped index.
  static Memory now() {
    malloc_trim(0);
    constexpr double kMegabyte = 1024.0 * 1024.0;
    const auto heap = mallinfo2();
    std::ifstream statm("/proc/self/statm");
    double size = 0;
    double resident = 0;
    double ofFiles = 0;
    statm >> size >> resident >> ofFiles;
    return {static_cast<double>(heap.uordblks + heap.hblkhd) / kMegabyte,
            (resident - ofFiles) * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMegabyte};
  }
};

/// What a person does in a window, by keyboard and mouse. Each step ends when the window shows its
/// outcome; one that goes wrong is a failure of the Qt Test around it.
class ScriptedSession {
 public:
  /// Runs are made in `runs`; both outlive the session.
  ScriptedSession(MainWindow& window, std::filesystem::path runs)
      : window_(window), runs_(std::move(runs)) {}

  void open(const std::filesystem::path& path) {
    QSignalSpy shown(&window_, &MainWindow::pageShown);
    window_.open(path);
    wait(shown);
  }

  /// Sorts, filters (in place of what was filtered before), goes through `switches` features,
  /// bookmarks one, looks at every tab and finds feature 204 by the palette.
  void explore(int switches) {
    auto* table = window_.findChild<DataTable*>("featureTable");
    QVERIFY(table != nullptr);
    window_.activateWindow();  // without a window manager a dialog that closes leaves none active
    QVERIFY(QTest::qWaitForWindowActive(&window_));
    sortBy(*table, FeatureColumn::Max);
    sortBy(*table, FeatureColumn::TopToken);
    filter(*table);
    for (int i = 0; i < switches; ++i) {
      QSignalSpy shown(&window_, &MainWindow::pageShown);
      QTest::keyClick(table, Qt::Key_Down);
      wait(shown);
    }
    QTest::keyClick(table, Qt::Key_B);
    QTRY_VERIFY(window_.notes().saved());
    auto* tabs = window_.findChild<QTabWidget*>("pages");
    for (int tab = 0; tab < tabs->count(); ++tab) {
      tabs->setCurrentIndex(tab);
      QTest::qWait(1);
    }
    tabs->setCurrentIndex(0);
    palette(*table);
  }

  /// A real run of the demo's model, stopped as soon as its curves are seen to grow.
  void trainAndStop() {
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
    values.set("--out", toQString(runs_ / std::to_string(++made_)));
    QVERIFY(window_.showPage("Training"));
    window_.desk().startTraining(values);
    QVERIFY(!window_.jobs().jobs().empty());
    const JobId id = window_.jobs().jobs().back().id;
    const auto* page = window_.findChild<TrainingPage*>();
    const auto points = [&] {  // of all runs in sight
      std::size_t sum = 0;
      const auto plots = page->visiblePlots();
      if (plots.empty()) return sum;
      for (const auto& curve : plots.front()->curves()) sum += curve.x.size();
      return sum;
    };
    const std::size_t before = points();
    QTRY_VERIFY_WITH_TIMEOUT(points() > before, 60'000);
    const std::size_t seen = points();
    QTRY_VERIFY_WITH_TIMEOUT(points() > seen, 60'000);
    window_.jobs().cancel(id);
    QTRY_VERIFY_WITH_TIMEOUT(!window_.jobs().busy(), 60'000);
    window_.jobs().dismiss(id);
  }

 private:
  static void wait(const QSignalSpy& spy) {
    while (spy.isEmpty()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }

  static void sortBy(DataTable& table, FeatureColumn column) {
    QHeaderView* head = table.horizontalHeader();
    const auto section = static_cast<int>(column);
    QTest::mouseClick(head->viewport(), Qt::LeftButton, {},
                      QPoint(head->sectionViewportPosition(section) + 4, head->height() / 2));
  }

  void filter(DataTable& table) {
    if (auto* chip = window_.findChild<QPushButton*>("chip0")) chip->click();
    const int all = table.model()->rowCount();
    QTest::keyClick(&table, Qt::Key_Slash);
    auto* edit = window_.findChild<QLineEdit*>("filterEdit");
    QTest::keyClicks(edit, "density > 0.01%");
    QTest::keyClick(edit, Qt::Key_Return);
    QVERIFY(table.model()->rowCount() < all);
    QTest::keyClick(edit, Qt::Key_Escape);
  }

  void palette(DataTable& table) {
    QTest::keyClick(&table, Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(window_.findChild<QLineEdit*>("paletteEdit") != nullptr);
    auto* edit = window_.findChild<QLineEdit*>("paletteEdit");
    QTest::keyClicks(edit, "204");
    QSignalSpy shown(&window_, &MainWindow::pageShown);
    QTest::keyClick(edit, Qt::Key_Return);
    wait(shown);
    QCOMPARE(window_.findChild<QLabel*>("featureTitle")->text(), QString("204"));
  }

  MainWindow& window_;
  std::filesystem::path runs_;
  int made_ = 0;
};

}  // namespace featurescope::test

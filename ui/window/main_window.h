// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "ui/bridge/errands.h"
#include "ui/bridge/index_session.h"
#include "ui/bridge/job_queue.h"
#include "ui/bridge/note_keeper.h"
#include "ui/bridge/run_watch.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/dialogs/information_dialogs.h"
#include "ui/window/job_desk.h"
#include "ui/window/window_settings.h"

#include <QMainWindow>

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

class QAction;
class QLabel;
class QMenu;
class QSplitter;
class QStackedWidget;
class QTabWidget;

namespace featurescope {

class FeaturePage;
class FeaturePanel;
class HeaderBar;
class JobsPanel;
class MessageBar;
class Page;
class WelcomePage;
struct Figure;

/// The window: it passes what a person does to the session and the jobs, and their answers to the
/// pages. It reads no file and no database itself.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(WindowSettings settings, QWidget* parent = nullptr);
  ~MainWindow() override;

  /// A study's folder, a study.json or an index; `index` chooses one of a study's.
  void open(const std::filesystem::path& path, const std::filesystem::path& index = {});
  void openDemo();
  /// Opens what was open when the window was last closed, if anything.
  void reopenLast();
  void goTo(FeatureId feature);
  void setTheme(ThemeChoice choice);
  /// Brings the page of this title to the front, in any case; false when there is none.
  bool showPage(const QString& title);
  /// Whether settings are written; they are unless told otherwise.
  void setRemembering(bool remembering);
  void showFailure(const Failure& failure);

  /// Tells the time that decides whether a feature was visited or passed by; the steady clock
  /// unless told otherwise.
  void setClock(std::function<NavigationHistory::Time()> clock) {
    selection_.setClock(std::move(clock));
  }

  [[nodiscard]] JobQueue& jobs() { return jobs_; }
  [[nodiscard]] Selection& selection() { return selection_; }
  [[nodiscard]] NoteKeeper& notes() { return notes_; }
  [[nodiscard]] JobDesk& desk() { return desk_; }

 signals:
  /// The feature page shows what was asked for last.
  void pageShown(featurescope::FeatureId feature);
  /// A study without an index is open: the first page is shown.
  void welcomeShown();
  void failureShown(const featurescope::Failure& failure);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  bool event(QEvent* event) override;

 private:
  // main_window_actions.cpp: menus and shortcuts
  void makeActions();
  void makeMenus();
  void fillRecentMenu(QMenu& menu);
  void fillColumnsMenu(QMenu& menu);
  void fillThemeMenu(QMenu& menu);
  /// `name`: what pages ask for it by.
  QAction* action(const char* name, const QString& text, const QKeySequence& keys,
                  const QString& tip);
  [[nodiscard]] ShortcutList shortcuts() const;

  // main_window.cpp
  void makeLayout();
  void connectParts();
  void showOpened(const std::shared_ptr<const OpenedIndex>& opened);
  void showOpenFailure(const QString& path, const Failure& failure);
  void showStatus(const OpenedIndex& opened);
  void showFeature(FeatureId feature);
  void showRuns();
  void step(int rows);
  void updateActions();
  void showIndex(const std::filesystem::path& index);
  void addRun(const std::filesystem::path& run);
  void askToStopJobs();
  void saveNotesAndClose();
  void askToLoseNotes(const Failure& failure);
  void leaveMessage();
  void applyTheme();
  void rememberWindow();
  void saveSettings() const;

  // main_window_pages.cpp: the tabs
  void makePages();
  void addPage(Page* page);

  // main_window_dialogs.cpp: what asks the person something
  void askForPath();
  void askForFeature();
  void askForRun();
  void exportTable();
  void exportFigure(Figure figure, const Page* page);
  void exportShown();
  void showPalette();
  void writeInBackground(const QString& path, std::function<std::string()> make,
                         const QString& done);

  WindowSettings settings_;
  Theme theme_;
  IndexSession session_;
  JobQueue jobs_;
  JobDesk desk_{jobs_, *this};
  Errands errands_;
  RunWatch runWatch_;
  Selection selection_;
  NoteKeeper notes_;
  WindowContext context_{session_, selection_, jobs_, errands_, runWatch_, notes_};
  std::vector<Page*> pages_;
  std::vector<std::filesystem::path> openedRuns_;  ///< by hand, beside those of the study
  bool remembering_ = true;
  bool closing_ = false;      ///< close as soon as no job runs
  bool savingNotes_ = false;  ///< close as soon as they are written
  bool losesNotes_ = false;   ///< a person chose to

  QAction *open_, *demo_, *import_, *openRun_, *export_, *exportShown_, *quit_;
  QAction *build_, *train_, *tune_, *evaluate_;
  QAction *back_, *forward_, *next_, *previous_, *goTo_, *filter_, *table_;
  QAction *bookmark_, *label_, *pin_, *palette_;
  QAction *shortcuts_, *about_;
  HeaderBar* header_;
  MessageBar* message_;
  QStackedWidget* stack_;
  WelcomePage* welcome_;
  QSplitter* splitter_;
  FeaturePanel* panel_;
  QTabWidget* tabs_;
  FeaturePage* featurePage_;
  JobsPanel* jobsPanel_;
  QLabel *countStatus_, *tokenStatus_, *hashStatus_, *deviceStatus_, *savedStatus_;
};

}  // namespace featurescope

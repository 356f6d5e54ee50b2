// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "core/lm/compute.h"
#include "core/study/demo.h"
#include "ui/bridge/paths.h"
#include "ui/models/number_format.h"
#include "ui/pages/feature_page.h"
#include "ui/pages/feature_panel.h"
#include "ui/pages/page.h"
#include "ui/pages/welcome_page.h"
#include "ui/plots/figure_menu.h"
#include "ui/window/header_bar.h"
#include "ui/window/jobs_panel.h"
#include "ui/window/message_bar.h"
#include "ui/window/page_tabs.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QStatusBar>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace featurescope {

MainWindow::MainWindow(WindowSettings settings, QWidget* parent)
    : QMainWindow(parent), settings_(std::move(settings)) {
  setObjectName("mainWindow");
  setWindowTitle(tr("Featurescope"));
  setAcceptDrops(true);
  makeActions();
  makeLayout();
  makeMenus();
  connectParts();
  applyTheme();
  updateActions();
  welcome_->setRecent(settings_.recent);
  panel_->setColumnLayout(settings_.columns);
  resize(1440, 900);
  restoreGeometry(settings_.geometry);
  splitter_->setSizes({540, 900});
  for (QSplitter* each : findChildren<QSplitter*>()) {
    each->restoreState(settings_.splitters.value(each->objectName()).toByteArray());
  }
  tabs_->setCurrentIndex(std::clamp(settings_.tab, 0, tabs_->count() - 1));

  const auto device = std::make_shared<QString>();
  errands_.run(
      "cannot tell the device",
      [device] { *device = QString::fromStdString(describeDevice(ComputeOptions{})); },
      [this, device](const auto&) { deviceStatus_->setText(*device); });
}

MainWindow::~MainWindow() = default;

void MainWindow::makeLayout() {
  header_ = new HeaderBar(back_, forward_, palette_, export_, build_);
  message_ = new MessageBar;
  welcome_ = new WelcomePage;
  panel_ = new FeaturePanel;
  jobsPanel_ = new JobsPanel(jobs_);

  tabs_ = new PageTabs;
  tabs_->setObjectName("pages");
  tabs_->setDocumentMode(true);
  makePages();
  splitter_ = new QSplitter(Qt::Horizontal);
  splitter_->setObjectName("mainSplitter");
  splitter_->setHandleWidth(1);
  splitter_->setChildrenCollapsible(false);
  splitter_->addWidget(panel_);
  splitter_->addWidget(tabs_);
  splitter_->setStretchFactor(1, 1);
  panel_->setMinimumWidth(320);
  tabs_->setMinimumWidth(380);
  stack_ = new QStackedWidget;
  stack_->addWidget(welcome_);
  stack_->addWidget(splitter_);

  auto* central = new QWidget;
  auto* rows = new QVBoxLayout(central);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(header_);
  rows->addWidget(message_);
  rows->addWidget(stack_, 1);
  rows->addWidget(jobsPanel_);
  setCentralWidget(central);

  const auto label = [](const char* name, const QString& accessibleName) {
    auto* made = new QLabel;
    made->setTextFormat(Qt::PlainText);
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(accessibleName);
    return made;
  };
  countStatus_ = label("countStatus", tr("Features and dead features"));
  tokenStatus_ = label("tokenStatus", tr("Tokens counted"));
  hashStatus_ = label("hashStatus", tr("Hashes of the model and the SAE"));
  deviceStatus_ = label("deviceStatus", tr("This machine"));
  statusBar()->setSizeGripEnabled(false);
  statusBar()->setContentsMargins(10, 0, 6, 0);
  for (QLabel* each : {countStatus_, tokenStatus_, hashStatus_}) statusBar()->addWidget(each);
  savedStatus_ = label("savedStatus", tr("Whether labels and notes are saved"));
  statusBar()->addPermanentWidget(deviceStatus_);
  statusBar()->addPermanentWidget(savedStatus_);
}

void MainWindow::connectParts() {
  connect(&session_, &IndexSession::opening, this, [this](const QString& path) {
    statusBar()->showMessage(tr("Opening %1…").arg(QFileInfo(path).fileName()));
  });
  connect(&session_, &IndexSession::opened, this, &MainWindow::showOpened);
  connect(&session_, &IndexSession::openFailed, this, &MainWindow::showOpenFailure);
  connect(&session_, &IndexSession::pageReady, this,
          [this](const std::shared_ptr<const FeaturePageData>& page) {
            emit pageShown(page->feature.feature);
          });
  connect(&session_, &IndexSession::pageFailed, this,
          [this](FeatureId, const Failure& failure) { showFailure(failure); });

  connect(panel_, &FeaturePanel::chosen, &selection_, &Selection::choose);
  connect(panel_, &FeaturePanel::brushRemoved, &selection_,
          [this] { selection_.setBrush(std::nullopt); });
  connect(panel_, &FeaturePanel::bookmarkToggled, this, [this](FeatureId feature) {
    notes_.change(feature, {.bookmarked = !notes_.note(feature).bookmarked});
  });
  connect(&selection_, &Selection::brushChanged, this,
          [this] { panel_->setBrush(selection_.brush()); });
  connect(&selection_, &Selection::tokenChosen, panel_, &FeaturePanel::filterByToken);
  const auto showNotes = [this] { panel_->setNotes(notes_.all()); };
  connect(&notes_, &NoteKeeper::loaded, this, showNotes);
  connect(&notes_, &NoteKeeper::changed, this, showNotes);
  connect(&notes_, &NoteKeeper::failed, this, &MainWindow::showFailure);
  connect(&notes_, &NoteKeeper::savedChanged, this,
          [this](bool saved) { savedStatus_->setText(saved ? tr("saved") : tr("saving…")); });
  connect(&selection_, &Selection::featureChanged, this, &MainWindow::showFeature);
  connect(&runWatch_, &RunWatch::failed, this,
          [this](const std::filesystem::path&, const Failure& failure) { showFailure(failure); });
  connect(header_, &HeaderBar::indexChosen, this, [this](const std::filesystem::path& index) {
    if (session_.current() && session_.current()->study) {
      open(session_.current()->study->folder, index);
    }
  });
  connect(welcome_, &WelcomePage::openRequested, this, &MainWindow::askForPath);
  connect(welcome_, &WelcomePage::demoRequested, this, &MainWindow::openDemo);
  connect(welcome_, &WelcomePage::buildRequested, &desk_, &JobDesk::askForIndex);
  connect(welcome_, &WelcomePage::recentRequested, this,
          [this](const QString& path) { open(toPath(path)); });
  connect(&desk_, &JobDesk::failed, this, &MainWindow::showFailure);
  connect(&desk_, &JobDesk::indexBuilt, this, &MainWindow::showIndex);
  connect(&desk_, &JobDesk::runSubmitted, this, &MainWindow::addRun);
  connect(&desk_, &JobDesk::openRequested, this,
          [this](const std::filesystem::path& path) { open(path); });
  connect(&desk_, &JobDesk::runRequested, this, &MainWindow::addRun);
  connect(&desk_, &JobDesk::imported, this,
          [this](const std::filesystem::path& study) { open(study); });
  for (FigureMenu* menu : findChildren<FigureMenu*>()) {
    const auto page =
        std::ranges::find_if(pages_, [&](Page* each) { return each->isAncestorOf(&menu->view()); });
    connect(menu, &FigureMenu::exportRequested, this,
            [this, shownBy = page == pages_.end() ? nullptr : *page](const Figure& figure) {
              exportFigure(figure, shownBy);
            });
  }
  connect(&jobs_, &JobQueue::idle, this, [this] {
    if (closing_) close();
  });
}

void MainWindow::open(const std::filesystem::path& path, const std::filesystem::path& index) {
  session_.open(path, index);
}

void MainWindow::reopenLast() {
  if (settings_.lastOpened.isEmpty()) return;
  open(toPath(settings_.lastOpened), toPath(settings_.lastIndex));
}

/// The demo is made once, in the person's data folder; study and index open like any other.
void MainWindow::openDemo() {
  const auto folder =
      toPath(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)) / "demo";
  statusBar()->showMessage(tr("Preparing the demo…"));
  errands_.run(
      "cannot make the demo study",
      [folder] {
        if (!Study::isStudy(folder)) (void)makeDemoStudy(folder, false);
      },
      [this, folder](const std::optional<Failure>& failure) {
        statusBar()->clearMessage();
        if (failure) {
          showFailure(*failure);
        } else {
          open(folder);
        }
      });
}

void MainWindow::showOpened(const std::shared_ptr<const OpenedIndex>& index) {
  const OpenedIndex& opened = *index;
  message_->hide();
  statusBar()->clearMessage();
  selection_.reset();
  panel_->setFeatures(opened.features);
  notes_.setOpened(opened);
  for (Page* page : pages_) page->setOpened(index);
  header_->setOpened(opened);
  showStatus(opened);
  desk_.setOpened(session_.current());
  showRuns();
  const auto path = opened.study ? opened.study->folder : opened.indexPath;
  settings_.lastOpened = toQString(path);
  settings_.lastIndex = opened.study ? toQString(opened.indexPath) : QString();
  settings_.addRecent(settings_.lastOpened);
  saveSettings();
  setWindowTitle(tr("%1 — Featurescope").arg(breadcrumbs(opened).value(0)));
  welcome_->setStudyWithoutIndex(opened.study ? QString::fromStdString(opened.study->name)
                                              : QString());
  welcome_->setRecent(settings_.recent);
  panel_->setVisible(opened.hasFeatures());
  stack_->setCurrentIndex(opened.hasFeatures() ? 1 : 0);
  updateActions();
  if (!opened.hasFeatures()) {
    emit welcomeShown();
    return;
  }
  panel_->focusTable();
  if (const auto first = panel_->firstShown()) selection_.choose(*first);
}

/// The study's runs and those opened beside it, each once.
void MainWindow::showRuns() {
  std::vector<std::filesystem::path> runs;
  if (session_.current() && session_.current()->study) {
    for (const Study::Part& run : session_.current()->study->runs) runs.push_back(run.path);
  }
  for (const std::filesystem::path& run : openedRuns_) {
    if (std::find(runs.begin(), runs.end(), run) == runs.end()) runs.push_back(run);
  }
  const bool isStudy = session_.current() && session_.current()->study;
  runWatch_.setRuns(runs,
                    isStudy ? session_.current()->study->folder / "runs" : std::filesystem::path());
}

void MainWindow::showOpenFailure(const QString& path, const Failure& failure) {
  statusBar()->clearMessage();
  settings_.recent.removeAll(path);
  if (settings_.lastOpened == path) settings_.lastOpened.clear();
  welcome_->setRecent(settings_.recent);
  showFailure(failure);
}

void MainWindow::showFailure(const Failure& failure) {
  message_->tell(failure);
  emit failureShown(failure);
}

void MainWindow::showStatus(const OpenedIndex& opened) {
  for (QLabel* each : {countStatus_, tokenStatus_, hashStatus_}) each->clear();
  if (!opened.hasFeatures()) return;
  countStatus_->setText(tr("%1 features · %2 dead")
                            .arg(formatCount(static_cast<std::int64_t>(opened.features->size())),
                                 formatCount(opened.features->deadCount)));
  tokenStatus_->setText(tr("%1 tokens").arg(formatLargeCount(opened.tokens)));
  QStringList shortened;
  QStringList whole;
  for (const char* part : {"model", "sae"}) {
    const auto found = opened.provenance.find(std::string(part) + "_hash");
    if (found == opened.provenance.end()) continue;
    const QString hash = QString::fromStdString(found->second);
    shortened.append(QLatin1String(part) + u' ' + shortHash(hash));
    whole.append(QLatin1String(part) + u' ' + hash);
  }
  hashStatus_->setText(shortened.join(QStringLiteral(" · ")));
  hashStatus_->setToolTip(whole.join(u'\n'));
}

/// Shows a feature and has those read ahead that a person is likely to go to next.
void MainWindow::showFeature(FeatureId feature) {
  panel_->setCurrent(feature);
  std::vector<FeatureId> neighbours;
  for (const int rows : {1, -1, 2, -2, 3}) {
    if (const auto neighbour = panel_->neighbour(rows)) neighbours.push_back(*neighbour);
  }
  session_.showFeature(feature, std::move(neighbours));
  updateActions();
}

void MainWindow::goTo(FeatureId feature) {
  if (!panel_->model().exists(feature)) return;
  selection_.choose(feature);
  if (!panel_->model().rowOf(feature)) {
    statusBar()->showMessage(tr("The filter hides feature %1 in the table").arg(feature.value),
                             6000);
  }
}

void MainWindow::step(int rows) {
  if (const auto feature = panel_->neighbour(rows)) selection_.choose(*feature);
}

void MainWindow::updateActions() {
  const bool open = session_.current() && session_.current()->hasFeatures();
  back_->setEnabled(open && selection_.canGoBack());
  forward_->setEnabled(open && selection_.canGoForward());
  for (QAction* each : {export_, next_, previous_, goTo_, filter_, table_, bookmark_, label_, pin_})
    each->setEnabled(open);
}

void MainWindow::showIndex(const std::filesystem::path& index) {
  if (closing_) return;
  if (session_.current() && session_.current()->study) {
    open(session_.current()->study->folder, index);
  } else {
    open(index);
  }
}

void MainWindow::addRun(const std::filesystem::path& run) {
  runWatch_.expect(run);
  if (std::find(openedRuns_.begin(), openedRuns_.end(), run) == openedRuns_.end()) {
    openedRuns_.push_back(run);
  }
  showRuns();
}

void MainWindow::setRemembering(bool remembering) {
  remembering_ = remembering;
  desk_.setRemembering(remembering);
}

/// Esc: first what lies in the way goes, then the keyboard belongs to the table.
void MainWindow::leaveMessage() {
  if (message_->isVisible()) {
    message_->hide();
  } else if (stack_->currentWidget() == splitter_) {
    panel_->focusTable();
  }
}

void MainWindow::setTheme(ThemeChoice choice) {
  settings_.theme = choice;
  saveSettings();
  applyTheme();
}

void MainWindow::applyTheme() {
  theme_ = themeOf(settings_.theme);
  const Theme& theme = theme_;
  apply(theme);
  header_->setTheme(theme);
  message_->setCloseIcon(Theme::icon("close", theme.dim));
  const auto historyIcon = [&](const QString& name) {
    QIcon icon = Theme::icon(name, theme.text);
    const QPixmap faint = Theme::icon(name, theme.faint).pixmap(QSize(16, 16), 2.0);
    icon.addPixmap(faint, QIcon::Disabled);
    return icon;
  };
  back_->setIcon(historyIcon("back"));
  forward_->setIcon(historyIcon("forward"));
  panel_->setColors(theme.pageColors(theme.surface));
  for (Page* page : pages_) page->setColors(theme.pageColors(theme.window), theme.plotColors());
}

bool MainWindow::event(QEvent* event) {
  if (event->type() == QEvent::ThemeChange && settings_.theme == ThemeChoice::System) applyTheme();
  return QMainWindow::event(event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (jobs_.busy()) {
    event->ignore();
    if (!closing_) askToStopJobs();
    return;
  }
  featurePage_->commit();
  rememberWindow();
  const bool saved = notes_.saved() || losesNotes_;
  event->setAccepted(saved);
  if (!saved) saveNotesAndClose();
}

/// Notes are on their way to the disk: the window closes when they are there.
void MainWindow::saveNotesAndClose() {
  if (std::exchange(savingNotes_, true)) return;
  auto* once = new QObject(this);  // what comes first ends the waiting
  connect(&notes_, &NoteKeeper::savedChanged, once, [this, once](bool saved) {
    if (!saved) return;
    QObject::disconnect(&notes_, nullptr, once, nullptr);
    once->deleteLater();
    close();
  });
  connect(&notes_, &NoteKeeper::failed, once, [this, once](const Failure& failure) {
    QObject::disconnect(&notes_, nullptr, once, nullptr);
    once->deleteLater();
    savingNotes_ = false;
    askToLoseNotes(failure);
  });
  notes_.saveNow();
}

void MainWindow::askToLoseNotes(const Failure& failure) {
  auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Featurescope"), failure.sentence(),
                              QMessageBox::NoButton, this);
  box->setObjectName("loseNotesBox");
  box->setInformativeText(failure.next);
  QPushButton* lose = box->addButton(tr("Quit and lose the last notes"), QMessageBox::AcceptRole);
  lose->setObjectName("quitAndLose");
  QPushButton* keep = box->addButton(tr("Keep the window open"), QMessageBox::RejectRole);
  box->setDefaultButton(keep);
  box->setEscapeButton(keep);
  box->setAttribute(Qt::WA_DeleteOnClose);
  // What could not be written is tried again every few seconds, and may have found its place.
  connect(&notes_, &NoteKeeper::savedChanged, box, [this, box](bool saved) {
    if (!saved) return;
    box->reject();
    close();
  });
  connect(box, &QMessageBox::finished, this, [this, box, lose] {
    if (box->clickedButton() != lose) return;
    losesNotes_ = true;
    close();
  });
  box->open();
}

void MainWindow::askToStopJobs() {
  const bool keeps =
      std::ranges::any_of(jobs_.jobs(), [](const Job& job) { return !job.ended() && job.canGoOn; });
  const bool loses = std::ranges::any_of(
      jobs_.jobs(), [](const Job& job) { return !job.ended() && !job.canGoOn; });
  QStringList what;
  if (keeps) what.append(tr("Runs are saved and can go on the next time."));
  if (loses) what.append(tr("What an index or an evaluation has not finished is lost."));
  auto* box =
      new QMessageBox(QMessageBox::NoIcon, tr("Featurescope"),
                      tr("A job has not ended. Stop it and quit?"), QMessageBox::NoButton, this);
  box->setObjectName("stopJobsBox");
  box->setInformativeText(what.join(u' '));
  QPushButton* stop = box->addButton(tr("Stop and quit"), QMessageBox::AcceptRole);
  stop->setObjectName("stopAndQuit");
  QPushButton* keep = box->addButton(tr("Keep working"), QMessageBox::RejectRole);
  box->setDefaultButton(keep);
  box->setEscapeButton(keep);
  box->setAttribute(Qt::WA_DeleteOnClose);
  connect(box, &QMessageBox::finished, this, [this, box, stop] {
    if (box->clickedButton() != stop) return;
    closing_ = true;
    statusBar()->showMessage(tr("Stopping the job…"));
    if (jobs_.busy()) {
      jobs_.cancelAll();
    } else {
      close();
    }
  });
  box->open();
}

void MainWindow::rememberWindow() {
  settings_.geometry = saveGeometry();
  for (const QSplitter* each : findChildren<QSplitter*>()) {
    settings_.splitters[each->objectName()] = each->saveState();
  }
  settings_.tab = tabs_->currentIndex();
  settings_.columns = panel_->columnLayout();
  saveSettings();
}

void MainWindow::saveSettings() const {
  if (remembering_) settings_.save();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  const bool local = std::ranges::all_of(urls, &QUrl::isLocalFile);
  if (!urls.isEmpty() && local) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls()) paths.append(url.toLocalFile());
  desk_.takeDropped(paths);
}

}  // namespace featurescope

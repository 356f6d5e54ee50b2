// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/paths.h"
#include "ui/models/feature_column_info.h"
#include "ui/pages/feature_page.h"
#include "ui/pages/feature_panel.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>
#include <QTabWidget>

namespace featurescope {

QAction* MainWindow::action(const char* name, const QString& text, const QKeySequence& keys,
                            const QString& tip) {
  auto* made = new QAction(text, this);
  made->setObjectName(QLatin1String(name));
  made->setShortcut(keys);
  QString toolTip = tip;
  if (!keys.isEmpty())
    toolTip += QStringLiteral(" (%1)").arg(keys.toString(QKeySequence::NativeText));
  made->setToolTip(toolTip);
  addAction(made);
  return made;
}

void MainWindow::makeActions() {
  open_ = action("open", tr("Open index or study…"), QKeySequence::Open,
                 tr("Open an index or a study"));
  import_ = action("importParts", tr("Open model and SAE…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
                   tr("Add a model, an SAE and texts to a study"));
  demo_ = action("openDemo", tr("Open demo"), {}, tr("Open the bundled study"));
  build_ = action("buildIndex", tr("Build index…"), Qt::CTRL | Qt::Key_B,
                  tr("Run a text through a model"));
  train_ = action("train", tr("Train an SAE…"), Qt::CTRL | Qt::Key_T, tr("Start a training run"));
  tune_ = action("fineTune", tr("Fine-tune…"), Qt::CTRL | Qt::SHIFT | Qt::Key_T,
                 tr("Learn a scale and a bias of each feature"));
  evaluate_ = action("evaluate", tr("Evaluate an SAE…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E,
                     tr("What an SAE does to the model's loss"));
  openRun_ = action("openRun", tr("Open run…"), {}, tr("Follow the curves of a training run"));
  export_ = action("exportTable", tr("Export table as CSV…"), Qt::CTRL | Qt::Key_E,
                   tr("Save the rows of the feature table as shown"));
  exportShown_ =
      action("exportShown", tr("Export a figure or table…"), Qt::CTRL | Qt::SHIFT | Qt::Key_S,
             tr("Write one of those in sight as PDF, SVG, PNG or CSV"));
  quit_ = action("quit", tr("Quit"), QKeySequence::Quit, tr("Close the window"));
  back_ = action("back", tr("Back"), Qt::ALT | Qt::Key_Left, tr("The feature before"));
  forward_ = action("forward", tr("Forward"), Qt::ALT | Qt::Key_Right, tr("The feature after"));
  next_ = action("nextFeature", tr("Next feature"), Qt::ALT | Qt::Key_Down,
                 tr("The next row of the table"));
  previous_ =
      action("previousFeature", tr("Previous feature"), Qt::ALT | Qt::Key_Up, tr("The row above"));
  goTo_ = action("goToFeature", tr("Go to feature…"), Qt::Key_G, tr("Type an id"));
  filter_ = action("filter", tr("Filter"), Qt::Key_Slash, tr("Type a filter"));
  table_ = action("showTable", tr("Feature table"), Qt::Key_Escape,
                  tr("Give the keyboard to the table"));
  bookmark_ = action("bookmark", tr("Bookmark feature"), Qt::Key_B, tr("Set or remove its star"));
  label_ = action("label", tr("Edit label"), Qt::Key_L, tr("Type what you call the feature"));
  pin_ = action("pin", tr("Pin feature"), Qt::Key_P, tr("Keep it to compare others with"));
  palette_ = action("palette", tr("Find anything…"), Qt::CTRL | Qt::Key_K,
                    tr("Every action and every feature"));
  shortcuts_ = action("shortcuts", tr("Shortcuts"), QKeySequence("?"), tr("All shortcuts"));
  about_ = action("about", tr("About Featurescope"), {}, tr("Version and licence"));
  quit_->setMenuRole(QAction::QuitRole);
  about_->setMenuRole(QAction::AboutRole);

  connect(open_, &QAction::triggered, this, &MainWindow::askForPath);
  connect(demo_, &QAction::triggered, this, &MainWindow::openDemo);
  connect(import_, &QAction::triggered, this, [this] { desk_.askForImport(); });
  connect(openRun_, &QAction::triggered, this, &MainWindow::askForRun);
  connect(build_, &QAction::triggered, &desk_, &JobDesk::askForIndex);
  connect(train_, &QAction::triggered, &desk_, &JobDesk::askForTraining);
  connect(tune_, &QAction::triggered, &desk_, &JobDesk::askForFineTuning);
  connect(evaluate_, &QAction::triggered, &desk_, &JobDesk::askForEvaluation);
  connect(export_, &QAction::triggered, this, &MainWindow::exportTable);
  connect(exportShown_, &QAction::triggered, this, &MainWindow::exportShown);
  connect(quit_, &QAction::triggered, this, &QWidget::close);
  connect(back_, &QAction::triggered, &selection_, &Selection::goBack);
  connect(forward_, &QAction::triggered, &selection_, &Selection::goForward);
  connect(next_, &QAction::triggered, this, [this] { step(1); });
  connect(previous_, &QAction::triggered, this, [this] { step(-1); });
  connect(goTo_, &QAction::triggered, this, &MainWindow::askForFeature);
  connect(filter_, &QAction::triggered, this, [this] { panel_->focusFilter(); });
  connect(table_, &QAction::triggered, this, &MainWindow::leaveMessage);
  connect(bookmark_, &QAction::triggered, this, [this] { featurePage_->toggleBookmark(); });
  connect(label_, &QAction::triggered, this, [this] {
    tabs_->setCurrentWidget(featurePage_);
    featurePage_->editLabel();
  });
  connect(palette_, &QAction::triggered, this, &MainWindow::showPalette);
  connect(pin_, &QAction::triggered, this, [this] { featurePage_->togglePin(); });
  connect(shortcuts_, &QAction::triggered, this, [this] { showShortcuts(shortcuts(), this); });
  connect(about_, &QAction::triggered, this, [this] { showAbout(this); });
}

void MainWindow::makeMenus() {
  QMenu* file = menuBar()->addMenu(tr("&File"));
  file->addAction(open_);
  file->addAction(import_);
  file->addAction(demo_);
  QMenu* recent = file->addMenu(tr("Recent"));
  connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecentMenu(*recent); });
  file->addAction(openRun_);
  file->addSeparator();
  file->addActions({export_, exportShown_});
  file->addSeparator();
  file->addAction(quit_);

  QMenu* go = menuBar()->addMenu(tr("&Go"));
  go->addActions({back_, forward_});
  go->addSeparator();
  go->addActions({previous_, next_, goTo_});
  go->addSeparator();
  go->addActions({filter_, table_, palette_});

  QMenu* feature = menuBar()->addMenu(tr("F&eature"));
  feature->addActions({bookmark_, label_, pin_});

  QMenu* run = menuBar()->addMenu(tr("&Run"));
  run->addActions({train_, tune_, build_, evaluate_});

  QMenu* view = menuBar()->addMenu(tr("&View"));
  QMenu* columns = view->addMenu(tr("Columns"));
  connect(columns, &QMenu::aboutToShow, this, [this, columns] { fillColumnsMenu(*columns); });
  fillThemeMenu(*view->addMenu(tr("Theme")));

  QMenu* help = menuBar()->addMenu(tr("&Help"));
  help->addAction(shortcuts_);
  help->addSeparator();
  help->addAction(about_);
}

void MainWindow::fillRecentMenu(QMenu& menu) {
  menu.clear();
  for (const QString& path : settings_.recent) {
    menu.addAction(path, this, [this, path] { open(toPath(path)); });
  }
  if (settings_.recent.isEmpty()) menu.addAction(tr("Nothing yet"))->setEnabled(false);
}

void MainWindow::fillColumnsMenu(QMenu& menu) {
  menu.clear();
  for (int section = 0; section < panel_->model().columnCount(); ++section) {
    const auto column = static_cast<FeatureColumn>(section);
    QAction* toggle = menu.addAction(info(column).header);
    toggle->setEnabled(panel_->model().has(column));
    toggle->setCheckable(true);
    toggle->setChecked(panel_->isColumnShown(column));
    connect(toggle, &QAction::toggled, this,
            [this, column](bool shown) { panel_->showColumn(column, shown); });
  }
  menu.addSeparator();
  menu.addAction(tr("Reset columns"), panel_, &FeaturePanel::resetColumns);
}

void MainWindow::fillThemeMenu(QMenu& menu) {
  auto* group = new QActionGroup(&menu);
  const auto add = [&](const QString& text, ThemeChoice choice) {
    QAction* made = menu.addAction(text);
    made->setCheckable(true);
    made->setChecked(settings_.theme == choice);
    group->addAction(made);
    connect(made, &QAction::triggered, this, [this, choice] { setTheme(choice); });
  };
  add(tr("Light"), ThemeChoice::Light);
  add(tr("Dark"), ThemeChoice::Dark);
  add(tr("As the system"), ThemeChoice::System);
}

ShortcutList MainWindow::shortcuts() const {
  return {
      {"↑  ↓", tr("next and previous feature in the table")},
      {"←  →", tr("next and previous feature, from the page as well")},
      {"Ctrl+K", tr("find any action or feature")},
      {"/", tr("filter: a label, a token, an id, or density > 0.2%")},
      {"Enter", tr("in the filter: keep a condition")},
      {"g", tr("go to a feature by its id")},
      {"b", tr("bookmark the feature")},
      {"l", tr("edit its label")},
      {"p", tr("pin it, to compare others with it")},
      {"Enter, double click", tr("on an example: the wide text around it")},
      {"Esc", tr("close the message, then back to the table")},
      {"Alt+←  Alt+→", tr("back and forward through visited features")},
      {"Ctrl+C", tr("copy the selected rows with their head")},
      {"Ctrl+E", tr("export the table as CSV")},
      {"Ctrl+O", tr("open an index or a study")},
      {"Ctrl+Shift+O", tr("open a model and an SAE")},
      {"Ctrl+T", tr("train an SAE")},
      {"Ctrl+Shift+T", tr("fine-tune through an SAE")},
      {"Ctrl+B", tr("build an index")},
      {"Ctrl+Shift+E", tr("evaluate an SAE")},
      {"Shift+click", tr("on a column's head: sort by it as well")},
      {"Right-click", tr("on a column's head: filter, hide, arrange")},
      {"?", tr("this sheet")},
  };
}

}  // namespace featurescope

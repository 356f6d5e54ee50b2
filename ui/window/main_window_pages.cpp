// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare_page.h"
#include "ui/pages/feature_page.h"
#include "ui/pages/feature_panel.h"
#include "ui/pages/fine_tuning_page.h"
#include "ui/pages/geometry_page.h"
#include "ui/pages/layers_page.h"
#include "ui/pages/prompt_page.h"
#include "ui/pages/training_page.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabWidget>

namespace featurescope {

/// Every page of the window, in the order of the tabs.
void MainWindow::makePages() {
  featurePage_ = new FeaturePage(context_);
  connect(featurePage_, &FeaturePage::stepRequested, this, &MainWindow::step);
  connect(featurePage_, &FeaturePage::labelEntered, this, [this] { panel_->focusTable(); });
  addPage(featurePage_);
  addPage(new PromptPage(context_));
  addPage(new GeometryPage(context_));
  addPage(new TrainingPage(context_));
  addPage(new FineTuningPage(context_));
  auto* layers = new LayersPage(context_);
  connect(&desk_, &JobDesk::evaluated, layers, &LayersPage::showEvaluation);
  addPage(layers);
  addPage(new ComparePage(context_));
}

void MainWindow::addPage(Page* page) {
  pages_.push_back(page);
  tabs_->addTab(page, page->title());
  connect(page, &Page::told, this,
          [this](const QString& sentence) { statusBar()->showMessage(sentence, 4000); });
  connect(page, &Page::failed, this, &MainWindow::showFailure);
  connect(page, &Page::frontRequested, tabs_, [this, page] {
    tabs_->setCurrentWidget(page);
    stack_->setCurrentWidget(splitter_);  // also of a study that has no index yet
  });
  connect(page, &Page::actionRequested, this, [this](const QString& name) {
    if (auto* asked = findChild<QAction*>(name)) asked->trigger();
  });
}

bool MainWindow::showPage(const QString& title) {
  for (Page* page : pages_) {
    if (page->title().compare(title, Qt::CaseInsensitive) != 0) continue;
    tabs_->setCurrentWidget(page);
    return true;
  }
  return false;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_page.h"
#include "ui/pages/training_page.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QStatusBar>
#include <QTabWidget>

namespace featurescope {

/// Every page of the window, in the order of the tabs.
void MainWindow::makePages() {
  auto* feature = new FeaturePage(context_);
  connect(feature, &FeaturePage::stepRequested, this, &MainWindow::step);
  addPage(feature);
  addPage(new TrainingPage(context_));
}

void MainWindow::addPage(Page* page) {
  pages_.push_back(page);
  tabs_->addTab(page, page->title());
  connect(page, &Page::told, this,
          [this](const QString& sentence) { statusBar()->showMessage(sentence, 4000); });
  connect(page, &Page::failed, this, &MainWindow::showFailure);
  connect(page, &Page::frontRequested, tabs_, [this, page] { tabs_->setCurrentWidget(page); });
  connect(page, &Page::actionRequested, this, [this](const QString& name) {
    if (auto* asked = findChild<QAction*>(name)) asked->trigger();
  });
}

}  // namespace featurescope

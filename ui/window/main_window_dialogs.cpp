// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/export_figure_dialog.h"
#include "ui/dialogs/go_to_feature_dialog.h"
#include "ui/models/number_format.h"
#include "ui/pages/feature_panel.h"
#include "ui/pages/page.h"
#include "ui/plots/figure_menu.h"
#include "ui/window/header_bar.h"
#include "ui/window/main_window.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QStatusBar>

#include <utility>

namespace featurescope {

void MainWindow::askForPath() {
  auto* dialog = new QFileDialog(this, tr("Open an index or a study"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Indexes and studies (*.sqlite study.json)"), tr("All files (*)")});
  if (!settings_.lastOpened.isEmpty()) {
    dialog->setDirectory(toQString(toPath(settings_.lastOpened).parent_path()));
  }
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& path) { open(toPath(path)); });
  dialog->open();
}

void MainWindow::askForFeature() {
  auto* dialog = new GoToFeatureDialog(panel_->model().totalCount(), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &GoToFeatureDialog::chosen, this, &MainWindow::goTo);
  dialog->open();
}

void MainWindow::askForRun() {
  auto* dialog = new QFileDialog(this, tr("Open a training run"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
    runWatch_.announce(toPath(folder));
    openedRuns_.push_back(toPath(folder));
    showRuns();
  });
  dialog->open();
}

void MainWindow::exportTable() {
  auto* dialog = new QFileDialog(this, tr("Export the feature table"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Comma-separated values (*.csv)"));
  dialog->setDefaultSuffix("csv");
  dialog->selectFile("features.csv");
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    writeInBackground(
        path, panel_->model().csvMaker(panel_->shownColumns()),
        tr("Wrote %1 rows to %2")
            .arg(formatCount(panel_->model().rowCount()), QFileInfo(path).fileName()));
  });
  dialog->open();
}

/// `make` runs on the errands' thread; `done` is told when the file is there.
void MainWindow::writeInBackground(const QString& path, std::function<std::string()> make,
                                   const QString& done) {
  errands_.run(
      "cannot write " + path.toStdString(),
      [file = toPath(path), make = std::move(make)] { writeFile(file, make()); },
      [this, done](const std::optional<Failure>& failure) {
        if (failure) {
          showFailure(*failure);
        } else {
          statusBar()->showMessage(done, 6000);
        }
      });
}

/// `page`: that shows it; null for the feature table.
void MainWindow::exportFigure(Figure figure, const Page* page) {
  figure.provenance = page != nullptr ? page->provenance() : provenanceOf(session_.current().get());
  auto* dialog = new ExportFigureDialog(std::move(figure), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &ExportFigureDialog::chosen, this,
          [this](const QString& path, const QByteArray& bytes) {
            writeInBackground(
                path, [bytes] { return bytes.toStdString(); },
                tr("Wrote %1").arg(QFileInfo(path).fileName()));
          });
  dialog->open();
}

/// Which of the figures and tables in sight, where there are several; then the dialog.
void MainWindow::exportShown() {
  auto* choice = new QMenu(this);
  choice->setAttribute(Qt::WA_DeleteOnClose);
  choice->setObjectName("exportShownMenu");
  for (FigureMenu* each : findChildren<FigureMenu*>()) {
    if (!each->view().isVisible()) continue;
    choice->addAction(each->view().accessibleName(), each, &FigureMenu::requestExport);
  }
  if (choice->isEmpty()) choice->addAction(tr("Nothing is shown"))->setEnabled(false);
  choice->popup(header_->mapToGlobal(QPoint(header_->width() / 2, header_->height())));
}

void MainWindow::showPalette() {
  const FeatureColumns* features = panel_->model().features();
  auto* palette = new CommandPalette(
      actions(), features != nullptr ? std::make_shared<const FeatureColumns>(*features) : nullptr,
      theme_.pageColors(theme_.window), this);
  connect(palette, &CommandPalette::featureChosen, this, &MainWindow::goTo);
  palette->open();
}

}  // namespace featurescope

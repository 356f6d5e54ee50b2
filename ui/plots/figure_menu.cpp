// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure_menu.h"

#include "ui/plots/figure_export.h"

#include <QAbstractScrollArea>
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

#include <utility>

namespace featurescope {

namespace {

constexpr int kClipboardDpi = 200;

}  // namespace

FigureMenu::FigureMenu(QWidget& view, std::function<Figure()> make)
    : QObject(&view), view_(view), make_(std::move(make)) {
  view.setContextMenuPolicy(Qt::CustomContextMenu);
  connect(&view, &QWidget::customContextMenuRequested, this, &FigureMenu::show);
}

void FigureMenu::show(const QPoint& position) {
  if (!figure().draw) return;
  auto* menu = new QMenu(&view_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setObjectName("figureMenu");
  menu->addAction(tr("Export…"), this, &FigureMenu::requestExport);
  menu->addAction(tr("Copy as image"), this, &FigureMenu::copyImage);
  menu->addAction(tr("Copy data"), this, &FigureMenu::copyTable);
  const auto* scrolled = qobject_cast<QAbstractScrollArea*>(&view_);
  menu->popup((scrolled != nullptr ? scrolled->viewport() : &view_)->mapToGlobal(position));
}

void FigureMenu::requestExport() {
  if (const Figure shown = figure(); shown.draw) emit exportRequested(shown);
}

void FigureMenu::copyImage() const {
  const Figure shown = figure();
  if (!shown.draw) return;
  const FigureFile file{.format = FigureFormat::Png,
                        .widthMillimetres = kDoubleColumnMillimetres,
                        .heightMillimetres = shown.heightAt(kDoubleColumnMillimetres),
                        .dpi = kClipboardDpi};
  QGuiApplication::clipboard()->setImage(renderImage(shown, file));
}

void FigureMenu::copyTable() const {
  const Figure shown = figure();
  if (shown.draw) QGuiApplication::clipboard()->setText(toTabSeparated(shown.table));
}

}  // namespace featurescope

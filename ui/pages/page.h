// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/failure.h"
#include "ui/bridge/opened_index.h"
#include "ui/pages/page_colors.h"
#include "ui/plots/figure.h"

#include <QString>
#include <QWidget>

#include <memory>
#include <optional>

namespace featurescope {

/// A tab of the window. A page takes a WindowContext in its constructor and connects to what it
/// shows; MainWindow::makePages adds it.
class Page : public QWidget {
  Q_OBJECT
 public:
  explicit Page(const QString& title, QWidget* parent = nullptr) : QWidget(parent), title_(title) {}

  /// The tab's.
  [[nodiscard]] const QString& title() const { return title_; }

  /// Another study or index is open; it may have no features. The selection is empty by then.
  virtual void setOpened(const std::shared_ptr<const OpenedIndex>& /*opened*/) {}
  /// What the page's figures and tables come from now, for the metadata of files.
  [[nodiscard]] virtual FigureProvenance provenance() const = 0;
  virtual void setColors(const PageColors& colors, const PlotColors& plotColors) = 0;

 signals:
  /// Something small was done that a person may want to know: a sentence for the status line.
  void told(const QString& sentence);
  void failed(const featurescope::Failure& failure);
  /// Triggers the window's action of this object name, as "openRun".
  void actionRequested(const QString& action);
  /// Asks for this page to be the tab in front.
  void frontRequested();

 private:
  QString title_;
};

/// Of what an index shows; with a feature also which. Nothing where none is open.
[[nodiscard]] FigureProvenance provenanceOf(const OpenedIndex* opened,
                                            std::optional<FeatureId> feature = std::nullopt);

}  // namespace featurescope

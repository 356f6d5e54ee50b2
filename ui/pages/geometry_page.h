// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/cosine_query.h"
#include "ui/pages/page.h"

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QStackedWidget;

namespace featurescope {

class EmptyState;
class FigureView;
class ResultTable;
struct WindowContext;

/// Do dead features point one way? Every feature's cosine to the average dead feature, dead against
/// alive, also by density; a range marked in the picture narrows the feature table.
class GeometryPage : public Page {
  Q_OBJECT
 public:
  explicit GeometryPage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;

 signals:
  /// The picture shows the open index.
  void shown();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeBar();
  void askOnce();
  void showReport();
  void showReason(const QString& what, const QString& next);
  void showGroups(const DeadDirection& direction);
  void onHover(std::optional<double> x);
  [[nodiscard]] bool ofEncoder() const;

  const WindowContext& context_;
  CosineQuery* query_;
  std::shared_ptr<const OpenedIndex> opened_;
  std::shared_ptr<const CosinesReport> report_;
  bool asked_ = false;
  QStackedWidget* body_;
  EmptyState* reason_;
  QComboBox* rows_;
  QCheckBox *strata_, *shares_;
  QLabel *sentence_, *readout_;
  FigureView* view_;
  ResultTable* groups_;
};

}  // namespace featurescope

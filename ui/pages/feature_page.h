// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

#include <memory>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace featurescope {

class ActivationDelegate;
class DataTable;
class TopActivationsModel;
struct WindowContext;

/// One feature: its statistics and its strongest activations in their contexts.
class FeaturePage : public Page {
  Q_OBJECT
 public:
  explicit FeaturePage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;
  /// Null: no feature is chosen.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  [[nodiscard]] const TopActivationsModel& model() const { return *model_; }

 signals:
  /// The left (−1) or right (+1) arrow was pressed.
  void stepRequested(int step);

 private:
  void showHead();
  void showTableOrReason();
  void fitColumns();
  [[nodiscard]] QString statistic(const QString& name, const QString& value) const;

  PageColors colors_;
  TopActivationsModel* model_;
  ActivationDelegate* delegate_;
  QLabel* title_;
  QLabel* subtitle_;
  QLabel* statistics_;
  QPushButton* copy_;
  QStackedWidget* body_;
  DataTable* table_;
  QLabel* reason_;
};

}  // namespace featurescope

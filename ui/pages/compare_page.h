// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/index_session.h"
#include "ui/bridge/window_context.h"
#include "ui/pages/page.h"

#include <filesystem>
#include <memory>
#include <optional>

class QComboBox;
class QLabel;
class QStackedWidget;

namespace featurescope {

class ComparisonModel;
class DataTable;
class EmptyState;
class ExampleView;
class PlainDelegate;
class ResultTable;

/// The chosen feature beside another: the pinned one, or the feature of the same id in another
/// index; with another index also what differs most between the two.
class ComparePage : public Page {
  Q_OBJECT
 public:
  explicit ComparePage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;
  /// Compares with this index from now on.
  void compareWith(const std::filesystem::path& index);

 signals:
  /// Both sides show what they should.
  void compared();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeBar();
  void fillChoices();
  void onChoice(int row);
  void onOtherOpened();
  void showHere();
  void showOtherFeature();
  void showStatistics();
  void showReason(const QString& what, const QString& next);
  [[nodiscard]] bool comparesPinned() const;
  void askForIndex();

  const WindowContext& context_;
  IndexSession other_;  ///< of the right side; the same index for a pinned feature
  WindowContext otherContext_;
  std::shared_ptr<const OpenedIndex> opened_;
  std::shared_ptr<const FeaturePageData> here_, there_;
  std::vector<std::filesystem::path> added_;  ///< indexes opened here, beside the study's
  QStackedWidget* body_;
  EmptyState* reason_;
  QComboBox* choice_;
  QLabel *warning_, *hereTitle_, *thereTitle_;
  ComparisonModel* model_;
  DataTable* table_;
  PlainDelegate* delegate_;
  ResultTable* statistics_;
  ExampleView *hereView_, *thereView_;
};

}  // namespace featurescope

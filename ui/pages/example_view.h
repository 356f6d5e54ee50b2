// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"
#include "ui/pages/page_colors.h"

#include <QString>
#include <QWidget>

#include <memory>
#include <optional>

class QButtonGroup;
class QLabel;
class QStackedWidget;
class QTextBrowser;

namespace featurescope {

class ActivationDelegate;
class ColorBar;
class DataTable;
class ExamplesModel;
struct WindowContext;

/// A token of an example, and the feature's value there; 0 where it is not active.
struct HoveredToken {
  QString strToken;
  double value = 0;
};

/// A feature's examples, one kind at a time (top, quantiles, random, near misses); a double click
/// or Enter on one opens the wide text around it.
class ExampleView : public QWidget {
  Q_OBJECT
 public:
  explicit ExampleView(const WindowContext& context, QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// Null: no feature is chosen.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  [[nodiscard]] const ExamplesModel& model() const { return *model_; }
  [[nodiscard]] DataTable& table() { return *table_; }
  void copyAll();

 signals:
  /// The left (−1) or right (+1) arrow was pressed.
  void stepRequested(int step);
  void told(const QString& sentence);
  /// The token under the mouse, of an example as a whole its peak; nothing: it has left.
  void tokenHovered(const std::optional<featurescope::HoveredToken>& token);

 private:
  QWidget* makeBar();
  QWidget* makeWideText();
  void showKind(ExampleKind kind);
  void showTableOrReason();
  void fitColumns();
  void askForWideText(const QModelIndex& index);
  void showWideText(const WideContext& wide);
  void onHover(const QModelIndex& index, const QPoint& position);
  void openPrompt();

  const WindowContext& context_;
  PageColors colors_;
  ExamplesModel* model_;
  ActivationDelegate* delegate_;
  QButtonGroup* kinds_;
  ColorBar* bar_;
  QStackedWidget* body_;
  DataTable* table_;
  QLabel* reason_;
  QWidget* widePane_;
  QLabel* wideTitle_;
  QTextBrowser* wideText_;
  std::shared_ptr<const WideContext> wide_;
};

}  // namespace featurescope

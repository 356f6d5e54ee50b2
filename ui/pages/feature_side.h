// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"
#include "ui/pages/example_view.h"
#include "ui/pages/page_colors.h"
#include "ui/plots/activation_histogram.h"
#include "ui/plots/figure.h"

#include <QWidget>

#include <memory>
#include <optional>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QTimer;

namespace featurescope {

class ResultTable;
class FigureView;
struct WindowContext;

/// What explains a feature beside its examples: how often it has which value, what it does to the
/// next token, which features are near, what it fires on, and what a person notes.
class FeatureSide : public QWidget {
  Q_OBJECT
 public:
  explicit FeatureSide(const WindowContext& context, QWidget* parent = nullptr);

  void setColors(const PageColors& colors, const PlotColors& plotColors);
  /// Null: nothing.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  /// Marks what is under the mouse: its value in the histogram, the token in the lists.
  void mark(const std::optional<HoveredToken>& token);
  /// Writes what is being typed.
  void commitNotes();

 private:
  void showHistogram();
  void showLogits();
  void showNeighbours();
  void showTokens();
  void showNotes();
  [[nodiscard]] QString nameOf(FeatureId feature) const;

  const WindowContext& context_;
  PageColors colors_;
  std::shared_ptr<const FeaturePageData> page_;
  ActivationHistogram histogram_;
  QLabel* histogramTitle_;
  FigureView* histogramView_;
  QLabel* logitTitle_;
  ResultTable* logits_;
  QComboBox* relation_;
  ResultTable* neighbours_;
  QLabel* tokenTitle_;
  ResultTable* tokens_;
  QPlainTextEdit* notes_;
  QTimer* notesTimer_;
  bool typing_ = false;  ///< notes_ holds what is not kept yet
};

}  // namespace featurescope

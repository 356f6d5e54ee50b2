// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/prompt_reader.h"
#include "ui/pages/page.h"

#include <QStringList>
#include <QTimer>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace featurescope {

class EmptyState;
class ResultTable;
class Selection;
class TokenFlow;
struct FlowToken;
struct WindowContext;

/// Any text through the open model and SAE, live: its tokens coloured by a feature, by the
/// strongest feature or by what the SAE costs; the features of one token; what comes next, with and
/// without the SAE and with the fine-tuning. Prompts are kept.
class PromptPage : public Page {
  Q_OBJECT
 public:
  explicit PromptPage(const WindowContext& context, QWidget* parent = nullptr);

  void setOpened(const std::shared_ptr<const OpenedIndex>& opened) override;
  [[nodiscard]] FigureProvenance provenance() const override;
  void setColors(const PageColors& colors, const PlotColors& plotColors) override;
  void setPrompt(const QString& prompt);
  /// Whether prompts are kept from one start of the window to the next.
  void setRemembering(bool remembering) { remembering_ = remembering; }

 signals:
  /// The page shows what came of the prompt that is in it.
  void answered();

 private:
  /// By what tokens are coloured.
  enum class Coloring { Strongest, Selected, Cost };

  QWidget* makeInput();
  QWidget* makeBar();
  QWidget* makeTables();
  void ask();
  void showAnswer(const std::shared_ptr<const PromptAnswer>& answer);
  void showReason(const QString& reason, bool offersImport);
  void showSummary();
  void paintTokens();
  void showToken();
  void showFeatures(std::size_t token);
  void showNext(std::size_t token);
  void fillColorings();
  [[nodiscard]] Coloring coloring() const;
  [[nodiscard]] std::vector<FlowToken> flow() const;
  [[nodiscard]] double valueOf(const PromptToken& token, FeatureId feature) const;
  [[nodiscard]] QString tipOf(std::size_t token) const;
  /// The token that the feature fires on most, from the open index.
  [[nodiscard]] QString topTokenOf(FeatureId feature) const;
  void keep(const QString& prompt);
  void fillHistory();

  Selection& selection_;
  PromptReader reader_;
  std::shared_ptr<const OpenedIndex> opened_;
  std::shared_ptr<const PromptAnswer> answer_;
  QStringList history_;  ///< the latest first
  bool remembering_ = true;
  QTimer keepSoon_;
  PageColors colors_;
  QPlainTextEdit* input_;
  QComboBox* coloring_;
  QToolButton* historyButton_;
  QLabel *summary_, *state_;
  EmptyState* reason_;
  QPushButton* import_;
  QStackedWidget* body_;
  TokenFlow* flow_;
  QLabel *featuresHead_, *nextHead_;
  ResultTable *features_, *next_;
};

}  // namespace featurescope

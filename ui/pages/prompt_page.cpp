// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/prompt_page.h"

#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/feature_names.h"
#include "ui/models/number_format.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/prompt_history.h"
#include "ui/pages/result_table.h"
#include "ui/pages/token_flow.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace featurescope {
namespace {

constexpr int kInputHeight = 78;
/// A prompt that stands still so long is worth keeping.
constexpr int kKeepAfterMilliseconds = 2500;

/// A change of an activation that one sees.
constexpr double kNoticed = 0.005;

}  // namespace

PromptPage::PromptPage(const WindowContext& context, QWidget* parent)
    : Page(tr("Prompt"), parent),
      selection_(context.selection),
      input_(new QPlainTextEdit),
      coloring_(new QComboBox),
      historyButton_(new QToolButton),
      summary_(new QLabel),
      state_(new QLabel),
      reason_(new EmptyState({}, "promptReason")),
      body_(new QStackedWidget),
      flow_(new TokenFlow),
      featuresHead_(makeHeading({}, "promptFeaturesHead")),
      nextHead_(makeHeading({}, "promptNextHead")),
      features_(new ResultTable),
      next_(new ResultTable) {
  setObjectName("promptPage");
  import_ = reason_->addButton(tr("Open model and SAE…"));
  connect(import_, &QPushButton::clicked, this, [this] { emit actionRequested("importParts"); });

  auto* shown = makeSplitter("promptSplitter", Qt::Vertical, {flow_, makeTables()});
  shown->setSizes({200, 400});
  shown->setStretchFactor(1, 1);
  body_->addWidget(reason_);
  body_->addWidget(shown);

  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(makeInput());
  rows->addWidget(makeBar());
  rows->addWidget(body_, 1);

  keepSoon_.setSingleShot(true);
  keepSoon_.setInterval(kKeepAfterMilliseconds);
  connect(&keepSoon_, &QTimer::timeout, this, [this] { keep(input_->toPlainText()); });
  connect(input_, &QPlainTextEdit::textChanged, this, &PromptPage::ask);
  connect(flow_, &TokenFlow::currentChanged, this, &PromptPage::showToken);
  connect(coloring_, &QComboBox::currentIndexChanged, this, &PromptPage::paintTokens);
  connect(features_, &ResultTable::featureChosen, &selection_, &Selection::choose);
  connect(next_, &ResultTable::tokenChosen, &selection_, &Selection::chooseToken);
  connect(&selection_, &Selection::featureChanged, this, [this] {
    fillColorings();
    paintTokens();
  });
  connect(&selection_, &Selection::promptRequested, this, [this](const QString& text) {
    setPrompt(text);
    emit frontRequested();
  });
  connect(&reader_, &PromptReader::started, this, [this](bool loading) {
    if (loading) state_->setText(tr("reading the model…"));
  });
  connect(&reader_, &PromptReader::ready, this, &PromptPage::showAnswer);
  connect(&reader_, &PromptReader::failed, this, [this](const Failure& failure) {
    state_->clear();
    showReason(
        failure.next.isEmpty() ? failure.sentence() : failure.sentence() + u'\n' + failure.next,
        false);
  });
  history_ = rememberedPrompts();
  setOpened(nullptr);
}

QWidget* PromptPage::makeInput() {
  input_->setObjectName("promptInput");
  input_->setAccessibleName(tr("Prompt"));
  input_->setPlaceholderText(tr("Type or paste a text: its features appear as you type."));
  input_->setFixedHeight(kInputHeight);
  input_->setTabChangesFocus(true);
  historyButton_->setObjectName("promptHistory");
  historyButton_->setText(tr("History"));
  historyButton_->setToolTip(tr("Prompts of earlier, the latest first"));
  historyButton_->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(historyButton_);
  connect(menu, &QMenu::aboutToShow, this, &PromptPage::fillHistory);
  historyButton_->setMenu(menu);
  auto* area = new QWidget;
  auto* line = new QHBoxLayout(area);
  line->setContentsMargins(12, 10, 12, 4);
  line->addWidget(input_, 1);
  line->addWidget(historyButton_, 0, Qt::AlignTop);
  return area;
}

QWidget* PromptPage::makeBar() {
  coloring_->setObjectName("promptColoring");
  coloring_->setAccessibleName(tr("Colour tokens by"));
  coloring_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  auto* label = new QLabel(tr("colour by"));
  label->setProperty("role", "dim");
  summary_->setObjectName("promptSummary");
  summary_->setTextFormat(Qt::RichText);
  state_->setObjectName("promptState");
  state_->setProperty("role", "dim");
  state_->setTextFormat(Qt::PlainText);
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(12, 2, 12, 6);
  line->setSpacing(8);
  line->addWidget(label);
  line->addWidget(coloring_);
  line->addSpacing(8);
  line->addWidget(summary_);
  line->addStretch(1);
  line->addWidget(state_);
  fillColorings();
  return bar;
}

QWidget* PromptPage::makeTables() {
  features_->setObjectName("promptFeatures");
  features_->setAccessibleName(tr("Features active on the token"));
  next_->setObjectName("promptNext");
  next_->setAccessibleName(tr("Predicted next tokens"));
  auto* sides = makeSplitter("promptTables", Qt::Horizontal,
                             {makeColumn(featuresHead_, features_), makeColumn(nextHead_, next_)});
  sides->setStretchFactor(0, 2);
  sides->setStretchFactor(1, 3);
  return sides;
}

void PromptPage::setColors(const PageColors& colors, const PlotColors& /*plotColors*/) {
  colors_ = colors;
  flow_->setColors(colors);
  features_->setColors(colors);
  next_->setColors(colors);
}

void PromptPage::setOpened(const std::shared_ptr<const OpenedIndex>& opened) {
  opened_ = opened;
  reader_.setParts(opened ? promptPartsOf(*opened) : std::nullopt);
  answer_.reset();
  fillColorings();
  ask();
}

FigureProvenance PromptPage::provenance() const {
  FigureProvenance of = provenanceOf(opened_.get());
  of.emplace_back("prompt", input_->toPlainText().toStdString());
  if (const auto token = flow_->current()) of.emplace_back("token", std::to_string(*token));
  return of;
}

void PromptPage::setPrompt(const QString& prompt) {
  input_->setPlainText(prompt);
  input_->moveCursor(QTextCursor::End);
}

void PromptPage::ask() {
  const QString prompt = input_->toPlainText();
  keepSoon_.start();
  if (!reader_.hasParts()) {
    return showReason(tr("A prompt runs through the model and the SAE of an index. Open one, or a "
                         "study that has one."),
                      true);
  }
  if (prompt.isEmpty()) {
    reader_.drop();
    state_->clear();
    return showReason(
        tr("Type a text above, or click a token of an example on the Feature page.\nEach token "
           "shows which features it activates and what the model expects next."),
        false);
  }
  reader_.ask(prompt);
}

void PromptPage::showReason(const QString& reason, bool offersImport) {
  answer_.reset();
  summary_->clear();
  reason_->setReason(reason);
  import_->setVisible(offersImport);
  body_->setCurrentIndex(0);
}

void PromptPage::showAnswer(const std::shared_ptr<const PromptAnswer>& answer) {
  answer_ = answer;
  state_->clear();
  body_->setCurrentIndex(1);
  fillColorings();
  paintTokens();
  showSummary();
  if (!flow_->current()) {
    flow_->setCurrent(answer->result.tokens.size() - 1);
  } else {
    showToken();
  }
  emit answered();
}

void PromptPage::showSummary() {
  const PromptResult& result = answer_->result;
  std::size_t active = 0;
  for (const PromptToken& token : result.tokens) active += token.activations.size();
  const auto count = static_cast<double>(result.tokens.size());
  QStringList parts{tr("<b>%1</b> tokens").arg(result.tokens.size()),
                    tr("l0 <b>%1</b>").arg(formatValue(static_cast<double>(active) / count, 1))};
  if (result.base && result.sae && !std::isnan(result.base->meanLoss)) {
    const double base = result.base->meanLoss;
    parts.append(tr("loss <b>%1</b>").arg(formatValue(base, 3)));
    parts.append(tr("with the SAE <b>%1</b> (%2)")
                     .arg(formatValue(result.sae->meanLoss, 3),
                          formatSigned(result.sae->meanLoss - base, 3)));
    if (result.fineTuned) {
      parts.append(tr("fine-tuned <b>%1</b> (%2)")
                       .arg(formatValue(result.fineTuned->meanLoss, 3),
                            formatSigned(result.fineTuned->meanLoss - base, 3)));
    }
  }
  summary_->setText(parts.join(QStringLiteral(" &nbsp; ")));
  summary_->setToolTip(tr("Losses are nats a predicted token, means over the prompt."));
}

void PromptPage::fillColorings() {
  const QSignalBlocker quiet(coloring_);
  const QVariant chosen = coloring_->currentData();
  coloring_->clear();
  coloring_->addItem(tr("strongest feature"), static_cast<int>(Coloring::Strongest));
  if (const auto feature = selection_.feature()) {
    coloring_->addItem(tr("feature %1").arg(feature->value), static_cast<int>(Coloring::Selected));
  }
  if (answer_ && answer_->result.sae) {
    coloring_->addItem(tr("loss the SAE adds"), static_cast<int>(Coloring::Cost));
  }
  coloring_->setCurrentIndex(std::max(0, coloring_->findData(chosen)));
}

PromptPage::Coloring PromptPage::coloring() const {
  return static_cast<Coloring>(coloring_->currentData().toInt());
}

double PromptPage::valueOf(const PromptToken& token, FeatureId feature) const {
  const auto found = std::ranges::find(token.activations, feature, &PromptActivation::feature);
  return found == token.activations.end() ? 0 : double{found->value};
}

QString PromptPage::tipOf(std::size_t index) const {
  const PromptResult& result = answer_->result;
  const PromptToken& token = result.tokens[index];
  QStringList lines{tr("%1 features active").arg(token.activations.size())};
  if (!token.activations.empty()) {
    const auto& [feature, value] = token.activations.front();
    lines.append(
        tr("strongest: feature %1 at %2").arg(feature.value).arg(formatValue(double{value})));
  }
  if (result.base && index > 0) {
    lines.append(
        tr("loss %1, with the SAE %2")
            .arg(formatValue(result.base->losses[index]), formatValue(result.sae->losses[index])));
  }
  return lines.join(u'\n');
}

std::vector<FlowToken> PromptPage::flow() const {
  const PromptResult& result = answer_->result;
  const Coloring by = coloring();
  const auto feature = selection_.feature();
  std::vector<FlowToken> tokens;
  double largest = 0;
  for (std::size_t i = 0; i < result.tokens.size(); ++i) {
    const PromptToken& token = result.tokens[i];
    double value = 0;
    if (by == Coloring::Strongest && !token.activations.empty()) {
      value = double{token.activations.front().value};
    } else if (by == Coloring::Selected && feature) {
      value = valueOf(token, *feature);
    } else if (by == Coloring::Cost && i > 0) {
      value = result.sae->losses[i] - result.base->losses[i];
    }
    largest = std::max(largest, std::abs(value));
    tokens.push_back({QString::fromStdString(token.strToken), std::abs(value),
                      by == Coloring::Cost && value > 0, tipOf(i)});
  }
  for (FlowToken& token : tokens) token.strength = largest > 0 ? token.strength / largest : 0;
  return tokens;
}

void PromptPage::paintTokens() {
  if (answer_) flow_->setTokens(flow());
}

void PromptPage::showToken() {
  const auto token = flow_->current();
  if (!answer_ || !token) return;
  showFeatures(*token);
  showNext(*token);
}

QString PromptPage::topTokenOf(FeatureId feature) const {
  return opened_ && opened_->hasFeatures() ? featurescope::topTokenOf(*opened_->features, feature)
                                           : QString();
}

void PromptPage::showFeatures(std::size_t index) {
  const PromptToken& token = answer_->result.tokens[index];
  const bool tuned = answer_->result.fineTuned.has_value();
  featuresHead_->setText(tr("%1 features active on %2")
                             .arg(token.activations.size())
                             .arg(QString::fromStdString(token.strToken)));
  std::vector<ResultColumn> columns{
      {tr("feature"), ResultKind::Number, {}},
      {tr("top token"), ResultKind::Token, tr("that activates it most often in the index's text")},
      {tr("value"), ResultKind::Number, tr("activation on this token")}};
  if (tuned) columns.push_back({tr("value (FT)"), ResultKind::Number, tr("ReLU(c·z + d)")});
  const double largest = token.activations.empty() ? 1 : double{token.activations.front().value};
  std::vector<ResultRow> rows;
  for (const auto& [feature, value] : token.activations) {
    ResultRow row{{{QString::number(feature.value)},
                   {topTokenOf(feature)},
                   numberCell(double{value}, formatValue(double{value}))},
                  feature.value};
    row.cells.back().share = double{value} / largest;
    if (tuned) {
      const auto found = std::ranges::find(token.fineTuned, feature, &PromptActivation::feature);
      const double after = found == token.fineTuned.end() ? 0 : double{found->value};
      row.cells.push_back(numberCell(after, formatValue(after)));
      row.cells.back().tone = changeCell(after - double{value}, {}, kNoticed).tone;
    }
    rows.push_back(std::move(row));
  }
  features_->setTable(std::move(columns), std::move(rows), {72, 96, 84, 84}, 1);
}

void PromptPage::showNext(std::size_t index) {
  const PromptResult& result = answer_->result;
  nextHead_->setText(
      result.base
          ? tr("What comes after %1").arg(QString::fromStdString(result.tokens[index].strToken))
          : QString());
  if (!result.base) return next_->setTable({}, {}, {}, 0);
  std::vector<const PromptPrediction*> ways{&*result.base, &*result.sae};
  if (result.fineTuned) ways.push_back(&*result.fineTuned);
  const QStringList names{tr("model"), tr("with the SAE"), tr("fine-tuned")};
  std::vector<ResultColumn> columns;
  std::vector<int> widths;
  std::size_t count = 0;
  for (std::size_t way = 0; way < ways.size(); ++way) {
    columns.push_back({names[static_cast<qsizetype>(way)], ResultKind::Token, {}});
    columns.push_back({tr("p"), ResultKind::Number, tr("probability")});
    widths.insert(widths.end(), {104, 64});
    count = std::max(count, ways[way]->next[index].size());
  }
  std::vector<ResultRow> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (const PromptPrediction* way : ways) {
      const PredictedToken& next = way->next[index].at(i);
      rows[i].cells.push_back({QString::fromStdString(next.strToken)});
      rows[i].cells.push_back(numberCell(next.probability, formatPercent(next.probability)));
    }
  }
  next_->setTable(std::move(columns), std::move(rows), widths, 0);
}

void PromptPage::keep(const QString& prompt) {
  if (prompt.trimmed().isEmpty()) return;
  addPrompt(history_, prompt);
  if (remembering_) rememberPrompts(history_);
}

void PromptPage::fillHistory() {
  QMenu* menu = historyButton_->menu();
  menu->clear();
  for (const QString& prompt : history_) {
    menu->addAction(shortened(prompt), this, [this, prompt] { setPrompt(prompt); });
  }
  if (history_.isEmpty()) menu->addAction(tr("Nothing yet"))->setEnabled(false);
}

}  // namespace featurescope

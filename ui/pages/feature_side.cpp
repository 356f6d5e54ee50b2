// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_side.h"

#include "ui/bridge/index_session.h"
#include "ui/bridge/note_keeper.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/feature_names.h"
#include "ui/models/number_format.h"
#include "ui/pages/result_table.h"
#include "ui/plots/figure_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

constexpr int kHistogramHeight = 118;
constexpr int kNotesHeight = 64;
/// Notes are kept so long after the last key.
constexpr int kNotesPauseMilliseconds = 600;
constexpr int kTokenWidth = 60;  ///< at first; these columns take the room that is left
constexpr int kLogitWidth = 44;
constexpr int kSuppressedWidth = 80;
constexpr std::size_t kMostRows = 8;

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "heading");
  return label;
}

ResultCell tokenCell(const std::string& strToken) { return {QString::fromStdString(strToken)}; }

}  // namespace

FeatureSide::FeatureSide(const WindowContext& context, QWidget* parent)
    : QWidget(parent),
      context_(context),
      histogramTitle_(heading(tr("Activations over the corpus (log count)"))),
      histogramView_(new FigureView),
      logitTitle_(heading(tr("Promoted and suppressed tokens"))),
      logits_(new ResultTable(ResultTable::Size::Small)),
      relation_(new QComboBox),
      neighbours_(new ResultTable(ResultTable::Size::Small)),
      tokenTitle_(heading(tr("Fires on"))),
      tokens_(new ResultTable(ResultTable::Size::Small)),
      notes_(new QPlainTextEdit),
      notesTimer_(new QTimer(this)) {
  setObjectName("featureSide");
  setAttribute(Qt::WA_StyledBackground);
  histogramView_->setObjectName("histogramView");
  histogramView_->setCompact(true);
  histogramView_->setFixedHeight(kHistogramHeight);
  logits_->setObjectName("logitTable");
  logits_->setAccessibleName(logitTitle_->text());
  logitTitle_->setToolTip(
      tr("Direct logit attribution: what the feature adds to a token's logit, the final layer "
         "norm's scale folded in, centred by the mean over the vocabulary"));
  neighbours_->setObjectName("neighbourTable");
  neighbours_->setAccessibleName(tr("Nearest features"));
  relation_->setObjectName("neighbourRelation");
  relation_->setAccessibleName(tr("Nearest by"));
  relation_->addItems({tr("decoder cosine"), tr("encoder cosine"), tr("co-activation (Jaccard)"),
                       tr("correlation (Pearson)")});
  tokens_->setObjectName("tokenTable");
  tokens_->setAccessibleName(tr("Tokens it fires on"));
  tokenTitle_->setToolTip(
      tr("precision: the share of its activations that are the token\n"
         "recall: the share of the token's occurrences that activate it"));
  notes_->setObjectName("featureNotes");
  notes_->setAccessibleName(tr("Notes on the feature"));
  notes_->setPlaceholderText(tr("Notes…"));
  notes_->setFixedHeight(kNotesHeight);
  notes_->setTabChangesFocus(true);
  notesTimer_->setSingleShot(true);
  notesTimer_->setInterval(kNotesPauseMilliseconds);

  auto* near = new QHBoxLayout;
  near->addWidget(heading(tr("Nearest by")));
  near->addWidget(relation_);
  near->addStretch(1);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(12, 8, 10, 10);
  rows->setSpacing(3);
  rows->addWidget(histogramTitle_);
  rows->addWidget(histogramView_);
  rows->addSpacing(7);
  rows->addWidget(logitTitle_);
  rows->addWidget(logits_);
  rows->addSpacing(7);
  rows->addLayout(near);
  rows->addWidget(neighbours_);
  rows->addSpacing(7);
  rows->addWidget(tokenTitle_);
  rows->addWidget(tokens_);
  rows->addSpacing(7);
  rows->addWidget(notes_);
  rows->addStretch(1);

  connect(relation_, &QComboBox::currentIndexChanged, this, &FeatureSide::showNeighbours);
  connect(neighbours_, &ResultTable::featureChosen, &context.selection, &Selection::choose);
  for (ResultTable* table : {logits_, tokens_}) {
    connect(table, &ResultTable::tokenChosen, &context.selection, &Selection::chooseToken);
  }
  connect(histogramView_, &FigureView::hovered, this, [this](std::optional<double> x) {
    const auto bin = x ? binOf(histogram_, *x) : std::nullopt;
    histogramTitle_->setText(bin ? tr("%1 to %2: %3 tokens")
                                       .arg(formatValue(histogram_.low[*bin]),
                                            formatValue(histogram_.high[*bin]),
                                            formatCount(histogram_.counts[*bin]))
                                 : tr("Activations over the corpus (log count)"));
  });
  connect(notes_, &QPlainTextEdit::textChanged, this, [this] {
    typing_ = true;
    notesTimer_->start();
  });
  connect(notesTimer_, &QTimer::timeout, this, &FeatureSide::commitNotes);
  connect(&context.notes, &NoteKeeper::loaded, this, &FeatureSide::showNotes);
}

void FeatureSide::setColors(const PageColors& colors, const PlotColors& plotColors) {
  colors_ = colors;
  histogramView_->setColors(plotColors);
  for (ResultTable* table : {logits_, neighbours_, tokens_}) table->setColors(colors);
  showHistogram();
}

void FeatureSide::setPage(std::shared_ptr<const FeaturePageData> page) {
  commitNotes();
  page_ = std::move(page);
  setVisible(page_ != nullptr);
  showHistogram();
  showLogits();
  showNeighbours();
  showTokens();
  showNotes();
}

void FeatureSide::mark(const std::optional<HoveredToken>& token) {
  histogramView_->setMark(token && token->value > 0 ? std::optional(token->value) : std::nullopt);
  for (ResultTable* table : {logits_, tokens_})
    table->markToken(token ? token->strToken : QString());
}

void FeatureSide::showHistogram() {
  histogram_ = {};
  const bool known = page_ && !page_->histogram.empty();
  histogramTitle_->setVisible(known);
  histogramView_->setVisible(known);
  if (!known) return;
  for (const HistogramBin& bin : page_->histogram) {
    histogram_.low.push_back(bin.low);
    histogram_.high.push_back(bin.high);
    histogram_.counts.push_back(bin.count);
    if (bin.countFineTuned) histogram_.countsFineTuned.push_back(*bin.countFineTuned);
  }
  if (histogram_.countsFineTuned.size() != histogram_.counts.size()) {
    histogram_.countsFineTuned.clear();
  }
  Figure figure = makeFigure(histogram_);
  figure.name = "feature-" + QString::number(page_->feature.feature.value) + "-activations";
  if (const auto& opened = context_.session.current()) {
    figure.provenance.assign(opened->provenance.begin(), opened->provenance.end());
  }
  figure.provenance.emplace_back("feature", std::to_string(page_->feature.feature.value));
  histogramView_->setFigure(std::move(figure));
}

void FeatureSide::showLogits() {
  const bool known = page_ && !(page_->logits.promoted.empty() && page_->logits.suppressed.empty());
  logitTitle_->setVisible(known);
  logits_->setVisible(known);
  if (!known) return;
  const auto& [promoted, suppressed] = page_->logits;
  std::vector<ResultRow> rows;
  const std::size_t count = std::min(kMostRows, std::max(promoted.size(), suppressed.size()));
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<ResultCell> row;
    for (const auto* list : {&promoted, &suppressed}) {
      if (i < list->size()) {
        const LogitTokenRecord& token = (*list)[i];
        row.push_back(tokenCell(token.strToken));
        row.push_back(changeCell(token.value, formatSigned(token.value)));
      } else {
        row.resize(row.size() + 2);
      }
    }
    rows.push_back({std::move(row)});
  }
  logits_->setTable({{tr("promoted"), ResultKind::Token, {}},
                     {tr("logit"), ResultKind::Number, {}},
                     {tr("suppressed"), ResultKind::Token, {}},
                     {tr("logit"), ResultKind::Number, {}}},
                    std::move(rows), {kTokenWidth, kLogitWidth, kSuppressedWidth, kLogitWidth}, 0);
}

/// The label, else the top token.
QString FeatureSide::nameOf(FeatureId feature) const {
  const FeatureNote note = context_.notes.note(feature);
  if (!note.label.empty()) return QString::fromStdString(note.label);
  const auto& opened = context_.session.current();
  return opened && opened->hasFeatures() ? topTokenOf(*opened->features, feature) : QString();
}

void FeatureSide::showNeighbours() {
  const bool known =
      page_ && std::any_of(page_->neighbours.begin(), page_->neighbours.end(),
                           [](const auto& neighbours) { return !neighbours.empty(); });
  relation_->setVisible(known);
  neighbours_->setVisible(known);
  if (!known) return;
  std::vector<ResultRow> rows;
  for (const Neighbour& near :
       page_->neighbours[static_cast<std::size_t>(relation_->currentIndex())]) {
    if (rows.size() == kMostRows) break;
    rows.push_back({{{QString::number(near.feature.value)},
                     {nameOf(near.feature)},
                     numberCell(near.value, formatValue(near.value))},
                    near.feature.value});
  }
  neighbours_->setTable({{tr("id"), ResultKind::Link, {}},
                         {tr("label or top token"), ResultKind::Link, {}},
                         {tr("value"), ResultKind::Number, {}}},
                        std::move(rows), {56, kTokenWidth, 56}, 1);
}

void FeatureSide::showTokens() {
  const bool known = page_ && !page_->firesOn.empty();
  tokenTitle_->setVisible(known);
  tokens_->setVisible(known);
  if (!known) return;
  std::vector<ResultRow> rows;
  for (const FeatureTokenRecord& token : page_->firesOn) {
    if (rows.size() == kMostRows) break;
    rows.push_back({{tokenCell(token.strToken),
                     numberCell(static_cast<double>(token.count), formatCount(token.count)),
                     numberCell(token.precision, formatPercent(token.precision)),
                     numberCell(token.recall, formatPercent(token.recall))}});
  }
  tokens_->setTable({{tr("token"), ResultKind::Token, {}},
                     {tr("count"), ResultKind::Number, {}},
                     {tr("precision"), ResultKind::Number, {}},
                     {tr("recall"), ResultKind::Number, {}}},
                    std::move(rows), {kTokenWidth, 64, 64, 64}, 0);
}

void FeatureSide::showNotes() {
  if (typing_) return;
  const QSignalBlocker quiet(notes_);
  const QString text =
      page_ ? QString::fromStdString(context_.notes.note(page_->feature.feature).notes) : QString();
  if (notes_->toPlainText() != text) notes_->setPlainText(text);
}

void FeatureSide::commitNotes() {
  notesTimer_->stop();
  if (!std::exchange(typing_, false) || !page_) return;
  context_.notes.change(page_->feature.feature, {.notes = notes_->toPlainText().toStdString()});
}

}  // namespace featurescope

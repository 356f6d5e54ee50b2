// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/example_view.h"

#include "ui/bridge/index_session.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/examples_model.h"
#include "ui/models/number_format.h"
#include "ui/pages/activation_delegate.h"
#include "ui/pages/color_bar.h"
#include "ui/pages/data_table.h"
#include "ui/pages/running_text.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>
#include <utility>

namespace featurescope {

namespace {

constexpr int kNarrowestContext = 220;
constexpr int kWideTextHeight = 190;

struct Kind {
  ExampleKind kind;
  const char* name;
  const char* text;
  const char* explanation;
};
constexpr std::array kKinds{
    Kind{ExampleKind::Top, "kindTop", QT_TRANSLATE_NOOP("ExampleView", "Top"),
         QT_TRANSLATE_NOOP("ExampleView", "The strongest activations of the whole text")},
    Kind{ExampleKind::Quantile, "kindQuantile", QT_TRANSLATE_NOOP("ExampleView", "Quantiles"),
         QT_TRANSLATE_NOOP("ExampleView",
                           "Drawn from parts with equally many activations, the strongest first")},
    Kind{ExampleKind::Random, "kindRandom", QT_TRANSLATE_NOOP("ExampleView", "Random"),
         QT_TRANSLATE_NOOP("ExampleView", "Drawn from all activations")},
    Kind{ExampleKind::NearMiss, "kindNearMiss", QT_TRANSLATE_NOOP("ExampleView", "Near misses"),
         QT_TRANSLATE_NOOP("ExampleView",
                           "Tokens that do not activate it, but nearly do or stand beside one")},
};

}  // namespace

ExampleView::ExampleView(const WindowContext& context, QWidget* parent)
    : QWidget(parent),
      context_(context),
      model_(new ExamplesModel(this)),
      delegate_(new ActivationDelegate(this)),
      kinds_(new QButtonGroup(this)),
      bar_(new ColorBar),
      body_(new QStackedWidget),
      table_(new DataTable(ExamplesModel::PlainRole)),
      reason_(new QLabel),
      widePane_(makeWideText()) {
  reason_->setObjectName("featureReason");
  reason_->setAlignment(Qt::AlignCenter);
  reason_->setWordWrap(true);
  reason_->setTextFormat(Qt::RichText);
  table_->setObjectName("activationTable");
  table_->setAccessibleName(tr("Top activations"));
  table_->setModel(model_);
  table_->setItemDelegate(delegate_);
  table_->horizontalHeader()->setSectionsClickable(false);
  table_->setToolTip({});
  body_->addWidget(table_);
  body_->addWidget(reason_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(makeBar());
  rows->addWidget(body_, 1);
  rows->addWidget(widePane_);

  connect(table_, &DataTable::stepRequested, this, &ExampleView::stepRequested);
  connect(table_, &DataTable::hovered, this, &ExampleView::onHover);
  connect(table_, &QTableView::doubleClicked, this, &ExampleView::askForWideText);
  connect(table_, &QTableView::activated, this, &ExampleView::askForWideText);
  connect(&context.session, &IndexSession::contextReady, this,
          [this](const std::shared_ptr<const WideContext>& wide) {
            if (!model_->page() || wide->feature != model_->page()->feature.feature) return;
            wide_ = wide;
            showWideText(*wide);
          });
  setPage(nullptr);
  fitColumns();
}

QWidget* ExampleView::makeBar() {
  auto* line = new QWidget;
  line->setObjectName("exampleBar");
  auto* columns = new QHBoxLayout(line);
  columns->setContentsMargins(12, 4, 12, 4);
  columns->setSpacing(2);
  for (const Kind& kind : kKinds) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(kind.name));
    button->setText(tr(kind.text));
    button->setToolTip(tr(kind.explanation));
    button->setCheckable(true);
    button->setProperty("role", "segment");
    kinds_->addButton(button, static_cast<int>(kind.kind));
    columns->addWidget(button);
  }
  kinds_->button(static_cast<int>(ExampleKind::Top))->setChecked(true);
  columns->addStretch(1);
  columns->addWidget(bar_);
  connect(kinds_, &QButtonGroup::idClicked, this,
          [this](int id) { showKind(static_cast<ExampleKind>(id)); });
  return line;
}

QWidget* ExampleView::makeWideText() {
  auto* pane = new QWidget;
  pane->setObjectName("wideText");
  pane->setAttribute(Qt::WA_StyledBackground);
  wideTitle_ = new QLabel;
  wideTitle_->setProperty("role", "heading");
  auto* prompt = new QPushButton(tr("open in Prompt"));
  prompt->setProperty("role", "link");
  prompt->setObjectName("wideToPrompt");
  auto* close = new QPushButton(tr("close"));
  close->setProperty("role", "link");
  close->setObjectName("wideClose");
  wideText_ = new QTextBrowser;
  wideText_->setObjectName("wideBrowser");
  wideText_->setAccessibleName(tr("The text around the activation"));
  wideText_->setOpenLinks(false);
  wideText_->setFrameShape(QFrame::NoFrame);
  auto* head = new QHBoxLayout;
  head->addWidget(wideTitle_, 1);
  head->addWidget(prompt);
  head->addWidget(close);
  auto* rows = new QVBoxLayout(pane);
  rows->setContentsMargins(16, 6, 12, 6);
  rows->setSpacing(2);
  rows->addLayout(head);
  rows->addWidget(wideText_, 1);
  pane->setFixedHeight(kWideTextHeight);
  pane->hide();
  connect(close, &QPushButton::clicked, this, [this] {
    widePane_->hide();
    table_->setFocus();
  });
  connect(prompt, &QPushButton::clicked, this, &ExampleView::openPrompt);
  return pane;
}

void ExampleView::setColors(const PageColors& colors) {
  colors_ = colors;
  delegate_->setColors(colors);
  bar_->setColors(colors);
  if (wide_) showWideText(*wide_);
  table_->viewport()->update();
}

void ExampleView::setPage(std::shared_ptr<const FeaturePageData> page) {
  const int columns = model_->columnCount();
  model_->setPage(std::move(page));
  widePane_->hide();
  wide_.reset();
  bar_->setLargest(model_->page() ? model_->page()->feature.max : 0);
  showTableOrReason();
  if (model_->columnCount() != columns) fitColumns();
  table_->scrollToTop();
}

void ExampleView::showKind(ExampleKind kind) {
  model_->setKind(kind);
  showTableOrReason();
  table_->scrollToTop();
}

void ExampleView::copyAll() {
  table_->clearSelection();
  table_->copyRows();
  emit told(tr("Copied %1 rows").arg(formatCount(model_->rowCount())));
}

void ExampleView::showTableOrReason() {
  const auto& page = model_->page();
  if (model_->rowCount() > 0) {
    body_->setCurrentWidget(table_);
    return;
  }
  const auto sentence = [](const QString& what, const QString& next) {
    return QStringLiteral("<p style='font-size:15px'><b>%1</b></p><p>%2</p>").arg(what, next);
  };
  if (!page) {
    reason_->setText(sentence(tr("No feature chosen"),
                              tr("Choose one in the table, or press <b>g</b> and type its id.")));
  } else if (page->feature.dead) {
    reason_->setText(sentence(tr("Activated by no token of this text"),
                              tr("None of the %1 tokens counted activates this feature. "
                                 "An index over more or other text may show what it is for.")
                                  .arg(formatCount(page->tokens))));
  } else {
    reason_->setText(sentence(tr("No such examples in this index"),
                              tr("Indexes built since version 2 hold them: build it anew.")));
  }
  body_->setCurrentWidget(reason_);
}

void ExampleView::fitColumns() {
  QHeaderView* head = table_->horizontalHeader();
  if (head->count() == 0) return;
  const auto width = [&](int column, int pixels) {
    if (column < head->count()) head->resizeSection(column, pixels);
  };
  width(ExamplesModel::Rank, 42);
  width(ExamplesModel::Token, 98);
  width(ExamplesModel::Activation, 70);
  width(ExamplesModel::FineTuned, 88);
  width(ExamplesModel::Difference, 62);
  table_->setFlexibleColumn(ExamplesModel::Context, kNarrowestContext);
}

void ExampleView::askForWideText(const QModelIndex& index) {
  if (!index.isValid() || !model_->page()) return;
  context_.session.showContext(model_->page()->feature.feature,
                               model_->activation(index.row()).activation.position);
}

void ExampleView::showWideText(const WideContext& wide) {
  const ContextRecord& context = wide.row.context;
  const double largest = model_->page() ? model_->page()->feature.max : 0;
  QString html;
  for (std::size_t i = 0; i < context.tokens.size(); ++i) {
    const double value = i < wide.row.values.size() ? wide.row.values[i] : 0;
    QString text = runningText(context.tokens[i]).toHtmlEscaped();
    text.replace(u'\n', QStringLiteral("↵<br>"));
    if (i == context.peak) text = QStringLiteral("<b>%1</b>").arg(text);
    if (value > 0 && largest > 0) {
      const QColor ground =
          mixed(colors_.background, colors_.activation, std::min(1.0, value / largest));
      const QColor ink = qGray(ground.rgb()) > 105 ? colors_.activationText : colors_.text;
      text = QStringLiteral("<span style='background:%1;color:%2' title='%3'>%4</span>")
                 .arg(ground.name(), ink.name(), formatValue(value, 4), text);
    }
    html += text;
  }
  wideTitle_->setText(tr("Text around position %1 · %2 tokens")
                          .arg(formatCount(wide.position),
                               formatCount(static_cast<std::int64_t>(context.tokens.size()))));
  wideText_->setHtml(QStringLiteral("<div style='line-height:140%'>%1</div>").arg(html));
  widePane_->show();
}

void ExampleView::openPrompt() {
  if (!wide_) return;
  QString text;
  for (const std::string& token : wide_->row.context.tokens) text += runningText(token);
  context_.selection.sendToPrompt(text);
}

void ExampleView::onHover(const QModelIndex& index, const QPoint& position) {
  if (!index.isValid()) {
    emit tokenHovered(std::nullopt);
    return;
  }
  const ActivationRow& row = model_->activation(index.row());
  std::size_t token = row.context.peak;
  double value = row.activation.activation;
  if (index.column() == ExamplesModel::Context) {
    const auto under = delegate_->tokenAt(row.context, table_->visualRect(index), position.x());
    if (under && *under != row.context.peak && *under < row.values.size()) {
      token = *under;
      value = row.values[token];
    }
  }
  emit tokenHovered(HoveredToken{QString::fromStdString(row.context.tokens[token]), value});
}

}  // namespace featurescope

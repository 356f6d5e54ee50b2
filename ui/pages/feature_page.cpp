// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_page.h"

#include "ui/bridge/index_session.h"
#include "ui/bridge/window_context.h"
#include "ui/models/number_format.h"
#include "ui/models/top_activations_model.h"
#include "ui/pages/activation_delegate.h"
#include "ui/pages/data_table.h"
#include "ui/pages/fonts.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <utility>

namespace featurescope {

constexpr int kNarrowestContext = 280;

FeaturePage::FeaturePage(const WindowContext& context, QWidget* parent)
    : Page(tr("Feature"), parent),
      model_(new TopActivationsModel(this)),
      delegate_(new ActivationDelegate(this)),
      title_(new QLabel),
      subtitle_(new QLabel),
      statistics_(new QLabel),
      copy_(new QPushButton(tr("Copy table"))),
      body_(new QStackedWidget),
      table_(new DataTable(TopActivationsModel::PlainRole)),
      reason_(new QLabel) {
  setObjectName("featurePage");
  title_->setObjectName("featureTitle");
  title_->setAccessibleName(tr("Feature"));
  QFont titleFont = textFont(21);
  titleFont.setWeight(QFont::Bold);
  title_->setFont(titleFont);
  subtitle_->setObjectName("featureSubtitle");
  subtitle_->setFont(tokenFont(13));
  statistics_->setObjectName("featureStatistics");
  statistics_->setAccessibleName(tr("Statistics"));
  statistics_->setTextFormat(Qt::RichText);
  statistics_->setWordWrap(true);
  statistics_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  statistics_->setToolTip(
      tr("density: tokens that activate the feature / tokens counted, ± its 95% interval (Wilson)\n"
         "mean: over the tokens that activate it\n"
         "cosine to dead: of its decoder row with the mean decoder row of the dead features"));
  copy_->setObjectName("copyActivations");
  copy_->setProperty("role", "link");
  copy_->setCursor(Qt::PointingHandCursor);
  copy_->setToolTip(tr("Copies all rows with their head as tab-separated text"));
  reason_->setObjectName("featureReason");
  reason_->setAlignment(Qt::AlignCenter);
  reason_->setWordWrap(true);
  reason_->setTextFormat(Qt::RichText);

  table_->setObjectName("activationTable");
  table_->setAccessibleName(tr("Top activations"));
  table_->setModel(model_);
  table_->setItemDelegate(delegate_);
  table_->horizontalHeader()->setSectionsClickable(false);

  auto* line = new QHBoxLayout;
  line->setSpacing(12);
  line->addWidget(title_, 0, Qt::AlignBaseline);
  line->addWidget(subtitle_, 0, Qt::AlignBaseline);
  line->addStretch(1);
  line->addWidget(copy_, 0, Qt::AlignBaseline);
  auto* head = new QWidget;
  head->setObjectName("featureHead");
  auto* headRows = new QVBoxLayout(head);
  headRows->setContentsMargins(16, 12, 16, 10);
  headRows->setSpacing(6);
  headRows->addLayout(line);
  headRows->addWidget(statistics_);

  body_->addWidget(table_);
  body_->addWidget(reason_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(head);
  rows->addWidget(body_, 1);

  connect(table_, &DataTable::stepRequested, this, &FeaturePage::stepRequested);
  connect(copy_, &QPushButton::clicked, this, [this] {
    table_->clearSelection();
    table_->copyRows();
    emit told(tr("Copied %1 rows").arg(formatCount(model_->rowCount())));
  });
  connect(&context.session, &IndexSession::pageReady, this, &FeaturePage::setPage);
  setPage(nullptr);
  fitColumns();
}

void FeaturePage::setOpened(const std::shared_ptr<const OpenedIndex>&) { setPage(nullptr); }

void FeaturePage::setColors(const PageColors& colors, const PlotColors& /*plotColors*/) {
  colors_ = colors;
  delegate_->setColors(colors);
  showHead();
  table_->viewport()->update();
}

void FeaturePage::setPage(std::shared_ptr<const FeaturePageData> page) {
  const int columns = model_->columnCount();
  model_->setPage(std::move(page));
  showHead();
  showTableOrReason();
  if (model_->columnCount() != columns) fitColumns();
  table_->scrollToTop();
}

QString FeaturePage::statistic(const QString& name, const QString& value) const {
  return QStringLiteral("<span style='color:%1'>%2</span>&nbsp;<b>%3</b>")
      .arg(colors_.dim.name(), QString(name).replace(u' ', QChar::Nbsp), value);
}

void FeaturePage::showHead() {
  const auto& page = model_->page();
  copy_->setVisible(page && !page->activations.empty());
  if (!page) {
    title_->clear();
    subtitle_->clear();
    statistics_->clear();
    return;
  }
  const FeatureRecord& feature = page->feature;
  title_->setText(QString::number(feature.feature.value));
  subtitle_->setText(feature.dead ? QString() : QString::fromStdString(feature.topToken));
  QStringList parts;
  if (feature.dead) {
    parts.append(QStringLiteral("<b>%1</b>").arg(tr("dead")));
  } else {
    const int decimals = decimalsFor(feature.max);
    const double halfWidth = wilsonHalfWidth(feature.activeTokens, page->tokens);
    parts.append(statistic(tr("density"), formatPercent(feature.density)) +
                 QStringLiteral("&nbsp;<span style='color:%1'>±%2</span>")
                     .arg(colors_.faint.name(), formatPercent(halfWidth)));
    parts.append(statistic(tr("active tokens"), formatCount(feature.activeTokens)));
    parts.append(statistic(tr("max"), formatValue(feature.max, decimals)));
    parts.append(statistic(tr("mean"), formatValue(feature.meanActive, decimals)));
  }
  parts.append(statistic(tr("bias"), formatSigned(feature.encoderBias)));
  parts.append(statistic(tr("norm"), formatValue(feature.decoderNorm)));
  if (feature.cosineToDead) {
    parts.append(statistic(tr("cosine to dead"), formatSigned(*feature.cosineToDead)));
  }
  if (feature.scale) parts.append(statistic(tr("scale"), formatValue(*feature.scale)));
  if (feature.bias) parts.append(statistic(tr("shift"), formatSigned(*feature.bias)));
  statistics_->setText(parts.join(QStringLiteral("&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; ")));
}

void FeaturePage::showTableOrReason() {
  const auto& page = model_->page();
  if (page && !page->activations.empty()) {
    body_->setCurrentWidget(table_);
    return;
  }
  const auto sentence = [](const QString& what, const QString& next) {
    return QStringLiteral("<p style='font-size:15px'><b>%1</b></p><p>%2</p>").arg(what, next);
  };
  if (page) {
    reason_->setText(sentence(tr("Activated by no token of this text"),
                              tr("None of the %1 tokens counted activates this feature. "
                                 "An index over more or other text may show what it is for.")
                                  .arg(formatCount(page->tokens))));
  } else {
    reason_->setText(sentence(tr("No feature chosen"),
                              tr("Choose one in the table, or press <b>g</b> and type its id.")));
  }
  body_->setCurrentWidget(reason_);
}

void FeaturePage::fitColumns() {
  QHeaderView* head = table_->horizontalHeader();
  if (head->count() == 0) return;
  const auto width = [&](int column, int pixels) {
    if (column < head->count()) head->resizeSection(column, pixels);
  };
  width(TopActivationsModel::Rank, 40);
  width(TopActivationsModel::Token, 116);
  width(TopActivationsModel::Activation, 74);
  width(TopActivationsModel::FineTuned, 92);
  width(TopActivationsModel::Difference, 66);
  table_->setFlexibleColumn(TopActivationsModel::Context, kNarrowestContext);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/geometry_page.h"

#include "core/base/numbers.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/figures/figures.h"
#include "ui/models/number_format.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/result_table.h"
#include "ui/plots/cosine_histogram.h"
#include "ui/plots/figure_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

ResultRow rowOf(const QString& name, const CosineGroup& group) {
  const auto shown = [](double value) { return formatValue(value, 3); };
  return {{{name},
           numberCell(static_cast<double>(group.features), formatCount(group.features)),
           numberCell(group.mean, formatSigned(group.mean, 3)),
           numberCell(group.deviation, shown(group.deviation)),
           numberCell(group.overlap, shown),
           numberCell(group.separation, shown)}};
}

QString percent(double density) {
  return QString::fromStdString(shortest(static_cast<float>(density * 100))) + u'%';
}

}  // namespace

GeometryPage::GeometryPage(const WindowContext& context, QWidget* parent)
    : Page(tr("Geometry"), parent),
      context_(context),
      query_(new CosineQuery(context.errands, this)),
      body_(new QStackedWidget),
      reason_(new EmptyState({}, "geometryReason")),
      rows_(new QComboBox),
      strata_(new QCheckBox(tr("by density"))),
      shares_(new QCheckBox(tr("as shares"))),
      sentence_(new QLabel),
      readout_(new QLabel),
      view_(new FigureView),
      groups_(new ResultTable(ResultTable::Size::Small)) {
  setObjectName("geometryPage");
  sentence_->setObjectName("geometrySentence");
  sentence_->setWordWrap(true);
  sentence_->setTextFormat(Qt::RichText);
  sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  readout_->setObjectName("geometryReadout");
  readout_->setProperty("role", "note");
  view_->setObjectName("geometryView");
  view_->setBrushable(true);
  view_->setToolTip({});
  groups_->setObjectName("geometryGroups");
  groups_->setAccessibleName(tr("Separation of dead and alive features"));

  auto* content = new QWidget;
  auto* rows = new QVBoxLayout(content);
  rows->setContentsMargins(0, 0, 0, 8);
  rows->setSpacing(6);
  rows->addWidget(makeBar());
  auto* text = new QVBoxLayout;
  text->setContentsMargins(16, 0, 16, 0);
  text->setSpacing(4);
  text->addWidget(sentence_);
  text->addWidget(readout_);
  rows->addLayout(text);
  auto* picture = new QHBoxLayout;
  picture->setContentsMargins(10, 0, 10, 0);
  picture->addWidget(view_);
  rows->addLayout(picture, 1);
  auto* table = new QHBoxLayout;
  table->setContentsMargins(10, 4, 10, 0);
  table->addWidget(groups_);
  rows->addLayout(table);
  body_->addWidget(reason_);
  body_->addWidget(content);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(body_);

  connect(query_, &CosineQuery::ready, this,
          [this](const std::shared_ptr<const CosinesReport>& report) {
            report_ = report;
            showReport();
          });
  connect(query_, &CosineQuery::failed, this, [this](const Failure& failure) {
    showReason(failure.sentence(), failure.next);
    emit failed(failure);
  });
  connect(view_, &FigureView::brushed, this,
          [this](std::optional<double> low, std::optional<double> high) {
            if (!low || !high) {
              context_.selection.setBrush(std::nullopt);
              return;
            }
            context_.selection.setBrush(Brush{
                ofEncoder() ? FeatureColumn::EncoderCosineToDead : FeatureColumn::CosineToDead,
                *low, *high});
          });
  connect(view_, &FigureView::hovered, this, &GeometryPage::onHover);
  setOpened(nullptr);
}

QWidget* GeometryPage::makeBar() {
  rows_->setObjectName("geometryRows");
  rows_->setAccessibleName(tr("Which weights"));
  rows_->addItems({tr("decoder rows"), tr("encoder columns")});
  strata_->setObjectName("geometryStrata");
  strata_->setToolTip(tr("Alive features by decades of density"));
  shares_->setObjectName("geometryShares");
  shares_->setToolTip(tr("Shares of each group instead of counts"));
  auto* hint = new QLabel(tr("drag over a range to filter the table, double click to let go"));
  hint->setProperty("role", "note");
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(14, 10, 14, 0);
  line->setSpacing(12);
  line->addWidget(rows_);
  line->addWidget(strata_);
  line->addWidget(shares_);
  line->addStretch(1);
  line->addWidget(hint);
  connect(rows_, &QComboBox::currentIndexChanged, this, &GeometryPage::showReport);
  connect(strata_, &QCheckBox::toggled, this, &GeometryPage::showReport);
  connect(shares_, &QCheckBox::toggled, this, &GeometryPage::showReport);
  return bar;
}

FigureProvenance GeometryPage::provenance() const {
  FigureProvenance of = provenanceOf(opened_.get());
  of.emplace_back("weights", ofEncoder() ? "encoder columns" : "decoder rows");
  return of;
}

bool GeometryPage::ofEncoder() const { return rows_->currentIndex() == 1; }

void GeometryPage::setOpened(const std::shared_ptr<const OpenedIndex>& opened) {
  opened_ = opened;
  report_.reset();
  asked_ = false;
  query_->forget();
  view_->clear();
  if (!opened || !opened->hasFeatures()) {
    showReason(tr("No index is open"), tr("Open or build one to see where dead features point."));
    return;
  }
  showReason(tr("Reading the cosines…"), {});
  if (isVisible()) askOnce();
}

void GeometryPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  askOnce();
}

/// Only when somebody looks: opening an index must not wait for it.
void GeometryPage::askOnce() {
  if (!opened_ || !opened_->hasFeatures() || std::exchange(asked_, true)) return;
  query_->ask(opened_->indexPath);
}

void GeometryPage::showReason(const QString& what, const QString& next) {
  reason_->setReason(QStringLiteral("<p style='font-size:15px'><b>%1</b></p><p>%2</p>")
                         .arg(what.toHtmlEscaped(), next.toHtmlEscaped()));
  body_->setCurrentIndex(0);
}

void GeometryPage::showReport() {
  if (!report_) return;
  {
    const QSignalBlocker quiet(rows_);
    rows_->setEnabled(!report_->encoder.empty());
    if (report_->encoder.empty()) rows_->setCurrentIndex(0);
  }
  const DeadDirection& direction =
      ofEncoder() ? report_->encoderDirection : report_->decoderDirection;
  if (direction.dead.features == 0) {
    showReason(tr("No feature is dead in this text"),
               tr("The average dead feature, to which cosines are measured, does not exist."));
    emit shown();
    return;
  }
  view_->setFigure(makeFigure(cosineHistogramOf(*report_, {.encoder = ofEncoder(),
                                                           .byDensity = strata_->isChecked(),
                                                           .asShares = shares_->isChecked()})));
  showGroups(direction);
  body_->setCurrentIndex(1);
  emit shown();
}

void GeometryPage::showGroups(const DeadDirection& direction) {
  QString sentence =
      tr("Dead features lie at <b>%1</b> ± %2, alive ones at <b>%3</b> ± %4.")
          .arg(formatSigned(direction.dead.mean), formatValue(direction.dead.deviation),
               formatSigned(direction.alive.mean), formatValue(direction.alive.deviation));
  if (direction.alive.separation) {
    sentence += u' ' + tr("A dead feature has the larger cosine in <b>%1</b> of all pairs; the "
                          "histograms overlap by %2.")
                           .arg(formatPercent(*direction.alive.separation),
                                formatPercent(direction.alive.overlap.value_or(0)));
  }
  std::vector<ResultRow> rows;
  rows.push_back(rowOf(tr("dead"), direction.dead));
  rows.push_back(rowOf(tr("alive"), direction.alive));
  for (const DeadDirection::Stratum& stratum : direction.strata) {
    rows.push_back(
        rowOf(tr("alive, density %1 to %2").arg(percent(stratum.low), percent(stratum.high)),
              stratum.alive));
  }
  if (!ofEncoder() && report_->randomDirection) {
    rows.push_back(rowOf(tr("dead, in a random dictionary"), report_->randomDirection->dead));
    rows.push_back(rowOf(tr("alive, in a random dictionary"), report_->randomDirection->alive));
  }
  sentence_->setText(sentence);
  std::vector<ResultColumn> columns{{tr("group"), ResultKind::Text, {}}};
  for (const QString& title :
       {tr("features"), tr("mean"), tr("deviation"), tr("overlap"), tr("separation")}) {
    columns.push_back({title, ResultKind::Number, {}});
  }
  groups_->setTable(std::move(columns), std::move(rows), {200, 86, 86, 86, 86, 86}, 0);
}

void GeometryPage::onHover(std::optional<double> x) {
  const FigureTable& table = view_->figure().table;
  if (!x || table.rows.empty() || *x < -1 || *x > 1) {
    readout_->setText(QStringLiteral(" "));
    return;
  }
  const auto place = (*x + 1) / 2 * static_cast<double>(table.rows.size());
  const auto bin = std::min(static_cast<std::size_t>(place), table.rows.size() - 1);
  const auto& row = table.rows[bin];
  readout_->setText(tr("%1 to %2: %3 dead, %4 alive")
                        .arg(QString::fromStdString(row[0]), QString::fromStdString(row[1]),
                             QString::fromStdString(row[2]), QString::fromStdString(row[3])));
}

void GeometryPage::setColors(const PageColors& colors, const PlotColors& plotColors) {
  view_->setColors(plotColors);
  groups_->setColors(colors);
}

}  // namespace featurescope

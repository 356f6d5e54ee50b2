// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare_page.h"

#include "ui/bridge/paths.h"
#include "ui/bridge/selection.h"
#include "ui/models/comparison_model.h"
#include "ui/models/number_format.h"
#include "ui/pages/example_view.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/plain_delegate.h"
#include "ui/pages/result_table.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace featurescope {

namespace {

const QString kPinned = QStringLiteral("\x01pinned");
const QString kAsk = QStringLiteral("\x01ask");

std::string hashOf(const OpenedIndex& index) {
  const auto found = index.provenance.find("sae_hash");
  return found == index.provenance.end() ? std::string() : found->second;
}

/// One statistic of both sides and their difference.
ResultRow rowOf(const QString& name, const std::optional<double>& here,
                const std::optional<double>& there, bool share) {
  const auto shown = [share](double value) {
    return share ? formatPercent(value) : formatValue(value, 3);
  };
  ResultCell difference = numberCell(std::nullopt, shown);
  if (here && there) {
    const double delta = *there - *here;
    const QString sign = delta < 0 ? QString(kMinus) : QStringLiteral("+");
    difference = changeCell(delta, sign + shown(std::abs(delta)));
  }
  return {{{name}, numberCell(here, shown), numberCell(there, shown), difference}};
}

}  // namespace

ComparePage::ComparePage(const WindowContext& context, QWidget* parent)
    : Page(tr("Compare"), parent),
      context_(context),
      otherContext_{other_,          context.selection, context.jobs,
                    context.errands, context.runs,      context.notes},
      body_(new QStackedWidget),
      reason_(new EmptyState({}, "compareReason")),
      choice_(new QComboBox),
      warning_(new QLabel),
      hereTitle_(new QLabel),
      thereTitle_(new QLabel),
      model_(new ComparisonModel(this)),
      table_(new DataTable(ComparisonModel::PlainRole)),
      delegate_(new PlainDelegate(this)),
      statistics_(new ResultTable(ResultTable::Size::Small)),
      hereView_(new ExampleView(context)),
      thereView_(new ExampleView(otherContext_)) {
  setObjectName("comparePage");
  warning_->setObjectName("compareWarning");
  warning_->setProperty("role", "note");
  for (QLabel* title : {hereTitle_, thereTitle_}) {
    title->setProperty("role", "title");
    title->setTextFormat(Qt::PlainText);
  }
  hereTitle_->setObjectName("compareHereTitle");
  thereTitle_->setObjectName("compareThereTitle");
  hereView_->table().setObjectName("compareHereTable");
  thereView_->table().setObjectName("compareThereTable");
  statistics_->setObjectName("compareStatistics");
  statistics_->setAccessibleName(tr("Statistics of both features"));
  table_->setObjectName("comparisonTable");
  table_->setAccessibleName(tr("What differs between the indexes"));
  table_->setModel(model_);
  delegate_->setSignedColumns({ComparisonModel::DensityDifference, ComparisonModel::MaxDifference});
  table_->setItemDelegate(delegate_);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  QHeaderView* head = table_->horizontalHeader();
  head->setSectionsClickable(true);
  for (int column = 0; column < ComparisonModel::ColumnCount; ++column) {
    head->resizeSection(column, column == ComparisonModel::Feature ? 56 : 84);
  }
  table_->setFlexibleColumn(ComparisonModel::TokenHere, 84);

  const auto side = [](QLabel* title, ExampleView* view) {
    auto* made = new QWidget;
    auto* rows = new QVBoxLayout(made);
    rows->setContentsMargins(0, 6, 0, 0);
    rows->setSpacing(2);
    title->setContentsMargins(14, 0, 14, 0);
    rows->addWidget(title);
    rows->addWidget(view, 1);
    return made;
  };
  auto* sides = makeSplitter("compareSides", Qt::Horizontal,
                             {side(hereTitle_, hereView_), side(thereTitle_, thereView_)});
  auto* lower = new QWidget;
  auto* lowerRows = new QVBoxLayout(lower);
  lowerRows->setContentsMargins(8, 6, 8, 0);
  lowerRows->addWidget(statistics_);
  lowerRows->addWidget(sides, 1);
  auto* content = makeSplitter("compareContent", Qt::Vertical, {table_, lower});
  content->setSizes({220, 480});
  body_->addWidget(reason_);
  body_->addWidget(content);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(6);
  all->addWidget(makeBar());
  all->addWidget(body_, 1);

  connect(head, &QHeaderView::sectionClicked, this, [this, head](int column) {
    const bool again = head->sortIndicatorSection() == column;
    const auto order = again && head->sortIndicatorOrder() == Qt::DescendingOrder
                           ? Qt::AscendingOrder
                           : Qt::DescendingOrder;
    head->setSortIndicator(column, order);
    model_->sort(column, order);
  });
  connect(table_, &QTableView::clicked, this, [this](const QModelIndex& index) {
    context_.selection.choose(model_->feature(index.row()));
  });
  connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
    context_.selection.choose(model_->feature(index.row()));
  });
  connect(&context.session, &IndexSession::pageReady, this,
          [this](const std::shared_ptr<const FeaturePageData>& page) {
            here_ = page;
            if (isVisible()) showHere();
          });
  connect(&other_, &IndexSession::opened, this, &ComparePage::onOtherOpened);
  connect(&other_, &IndexSession::openFailed, this,
          [this](const QString&, const Failure& failure) { emit failed(failure); });
  connect(&other_, &IndexSession::pageReady, this,
          [this](const std::shared_ptr<const FeaturePageData>& page) {
            there_ = page;
            thereView_->setPage(page);
            showStatistics();
            emit compared();
          });
  connect(&context.selection, &Selection::pinnedChanged, this, [this] {
    if (context_.selection.pinned()) choice_->setCurrentIndex(choice_->findData(kPinned));
    onChoice(choice_->currentIndex());
  });
  setOpened(nullptr);
}

QWidget* ComparePage::makeBar() {
  choice_->setObjectName("compareChoice");
  choice_->setAccessibleName(tr("Compare with"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  auto* label = new QLabel(tr("Compare with"));
  label->setProperty("role", "dim");
  label->setBuddy(choice_);
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(14, 10, 14, 0);
  line->setSpacing(10);
  line->addWidget(label);
  line->addWidget(choice_);
  line->addWidget(warning_, 1);
  connect(choice_, &QComboBox::activated, this, &ComparePage::onChoice);
  return bar;
}

void ComparePage::setOpened(const std::shared_ptr<const OpenedIndex>& opened) {
  opened_ = opened;
  here_.reset();
  there_.reset();
  hereView_->setPage(nullptr);
  thereView_->setPage(nullptr);
  model_->setIndexes(nullptr, nullptr);
  fillChoices();
  onChoice(choice_->currentIndex());
}

void ComparePage::fillChoices() {
  const QSignalBlocker quiet(choice_);
  choice_->clear();
  choice_->addItem(tr("the pinned feature"), kPinned);
  if (opened_ && opened_->study) {
    for (const Study::Part& part : opened_->study->indexes) {
      if (part.path == opened_->indexPath) continue;
      choice_->addItem(QString::fromStdString(part.name), toQString(part.path));
    }
  }
  for (const std::filesystem::path& index : added_) {
    choice_->addItem(toQString(index.filename()), toQString(index));
  }
  choice_->addItem(tr("another index…"), kAsk);
}

bool ComparePage::comparesPinned() const { return choice_->currentData().toString() == kPinned; }

void ComparePage::onChoice(int row) {
  const QString chosen = choice_->itemData(row).toString();
  if (chosen == kAsk) {
    choice_->setCurrentIndex(0);
    askForIndex();
    return;
  }
  warning_->clear();
  if (!opened_ || !opened_->hasFeatures()) {
    showReason(tr("No index is open"), tr("Open one to compare its features."));
    return;
  }
  if (chosen == kPinned && !context_.selection.pinned()) {
    showReason(tr("Nothing to compare with yet"),
               tr("Press <b>p</b> on a feature to pin it, then choose another one in the table; or "
                  "choose another index above."));
    return;
  }
  const auto wanted = chosen == kPinned ? opened_->indexPath : toPath(chosen);
  if (other_.current() && other_.current()->indexPath == wanted) {
    onOtherOpened();
  } else {
    other_.open(wanted);
  }
}

void ComparePage::askForIndex() {
  auto* dialog = new QFileDialog(this, tr("Compare with another index"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Indexes (*.sqlite)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& path) { compareWith(toPath(path)); });
  dialog->open();
}

void ComparePage::compareWith(const std::filesystem::path& index) {
  if (std::find(added_.begin(), added_.end(), index) == added_.end()) added_.push_back(index);
  fillChoices();
  choice_->setCurrentIndex(choice_->findData(toQString(index)));
  onChoice(choice_->currentIndex());
}

void ComparePage::onOtherOpened() {
  const auto& there = other_.current();
  if (!opened_ || !there || !there->hasFeatures()) return;
  table_->setVisible(!comparesPinned());
  if (!comparesPinned()) {
    model_->setIndexes(opened_->features, there->features);
    if (hashOf(*opened_) != hashOf(*there)) {
      warning_->setText(
          tr("These indexes are of different SAEs: the same id need not be the same "
             "feature."));
    }
  }
  body_->setCurrentIndex(1);
  showOtherFeature();
}

/// Only while somebody looks: walking through features must not pay for two pages.
void ComparePage::showHere() {
  if (!here_) return;
  hereView_->setPage(here_);
  if (const auto row = model_->rowOf(here_->feature.feature)) {
    table_->setCurrentIndex(model_->index(*row, 0));
  }
  showOtherFeature();
  showStatistics();
}

void ComparePage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  showHere();
}

void ComparePage::showOtherFeature() {
  if (body_->currentIndex() == 0 || !here_) return;
  const auto wanted =
      comparesPinned() ? context_.selection.pinned() : std::optional(here_->feature.feature);
  if (wanted) other_.showFeature(*wanted);
}

void ComparePage::showStatistics() {
  const auto title = [](const std::shared_ptr<const FeaturePageData>& page, const QString& where) {
    if (!page) return QString();
    return QStringLiteral("%1 · %2").arg(QString::number(page->feature.feature.value), where);
  };
  hereTitle_->setText(title(here_, tr("chosen")));
  thereTitle_->setText(title(there_, comparesPinned() ? tr("pinned") : choice_->currentText()));
  if (!here_ || !there_) return;
  const FeatureRecord& a = here_->feature;
  const FeatureRecord& b = there_->feature;
  std::vector<ResultRow> rows;
  rows.push_back(rowOf(tr("density"), a.density, b.density, true));
  rows.push_back(rowOf(tr("max"), a.max, b.max, false));
  rows.push_back(rowOf(tr("mean"), a.meanActive, b.meanActive, false));
  rows.push_back(rowOf(tr("cosine to dead"), a.cosineToDead, b.cosineToDead, false));
  rows.push_back(rowOf(tr("bias"), a.encoderBias, b.encoderBias, false));
  rows.push_back(rowOf(tr("norm"), a.decoderNorm, b.decoderNorm, false));
  if (a.scale || b.scale) {
    rows.push_back(rowOf(tr("scale"), a.scale, b.scale, false));
    rows.push_back(rowOf(tr("shift"), a.bias, b.bias, false));
  }
  statistics_->setTable({{tr("statistic"), ResultKind::Text, {}},
                         {tr("chosen"), ResultKind::Number, {}},
                         {comparesPinned() ? tr("pinned") : tr("there"), ResultKind::Number, {}},
                         {tr("difference"), ResultKind::Number, {}}},
                        std::move(rows), {110, 110, 110, 110}, 0);
}

FigureProvenance ComparePage::provenance() const {
  const auto featureOf = [](const std::shared_ptr<const FeaturePageData>& page) {
    return page ? std::optional(page->feature.feature) : std::nullopt;
  };
  FigureProvenance of = provenanceOf(opened_.get(), featureOf(here_));
  for (auto& [key, value] : provenanceOf(other_.current().get(), featureOf(there_))) {
    of.emplace_back("other_" + key, value);
  }
  return of;
}

void ComparePage::showReason(const QString& what, const QString& next) {
  reason_->setReason(
      QStringLiteral("<p style='font-size:15px'><b>%1</b></p><p>%2</p>").arg(what, next));
  body_->setCurrentIndex(0);
}

void ComparePage::setColors(const PageColors& colors, const PlotColors& /*plotColors*/) {
  delegate_->setColors(colors);
  statistics_->setColors(colors);
  hereView_->setColors(colors);
  thereView_->setColors(colors);
  table_->viewport()->update();
}

}  // namespace featurescope

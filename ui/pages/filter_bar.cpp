// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/filter_bar.h"

#include "ui/models/feature_column_info.h"
#include "ui/models/number_format.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

namespace featurescope {
namespace {

/// Half a condition is no text to look for.
bool looksLikeCondition(const QString& text) {
  return text.contains(u'<') || text.contains(u'>') ||
         (text.contains(u'=') && columnNamed(text.section(u'=', 0, 0))) ||
         (text.contains(u':') && columnNamed(text.section(u':', 0, 0)));
}

}  // namespace

FilterBar::FilterBar(QWidget* parent)
    : QWidget(parent),
      edit_(new QLineEdit),
      hideDead_(new QToolButton),
      bookmarked_(new QToolButton),
      count_(new QLabel),
      chipRow_(new QWidget),
      chipLayout_(new QHBoxLayout(chipRow_)) {
  setObjectName("filterBar");
  edit_->setObjectName("filterEdit");
  edit_->setAccessibleName(tr("Filter features"));
  edit_->setPlaceholderText(tr("Filter…  label, token, id, density > 0.2%"));
  edit_->setClearButtonEnabled(true);
  edit_->setAcceptDrops(false);  // a file dropped here is for the window to open
  edit_->setToolTip(
      tr("A label, a token or an id, or a condition on a column:\n"
         "density > 0.2%    max 5..9    cos dead < 0    token:the    label:king\n"
         "Enter keeps a condition and makes room for the next"));
  edit_->installEventFilter(this);
  hideDead_->setObjectName("hideDead");
  hideDead_->setText(tr("hide dead"));
  hideDead_->setCheckable(true);
  hideDead_->setToolTip(tr("Show only features that some token activates"));
  hideDead_->setProperty("role", "pill");
  bookmarked_->setObjectName("onlyBookmarked");
  bookmarked_->setProperty("role", "pill");
  bookmarked_->setText(QStringLiteral("★"));
  bookmarked_->setAccessibleName(tr("Only bookmarked features"));
  bookmarked_->setCheckable(true);
  bookmarked_->setToolTip(tr("Show only bookmarked features"));
  count_->setObjectName("matchCount");
  count_->setAccessibleName(tr("Matching features"));
  count_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  chipRow_->setObjectName("filterChips");
  chipRow_->hide();
  chipLayout_->setContentsMargins(0, 0, 0, 0);
  chipLayout_->setSpacing(6);

  auto* first = new QHBoxLayout;
  first->setSpacing(8);
  first->addWidget(edit_, 1);
  first->addWidget(bookmarked_);
  first->addWidget(hideDead_);
  first->addWidget(count_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(10, 8, 10, 8);
  rows->setSpacing(8);
  rows->addLayout(first);
  rows->addWidget(chipRow_);

  const auto changed = [this] {
    if (!quiet_) emit filterChanged();
  };
  connect(edit_, &QLineEdit::textChanged, this, changed);
  connect(edit_, &QLineEdit::returnPressed, this, &FilterBar::turnIntoChip);
  connect(hideDead_, &QToolButton::toggled, this, changed);
  connect(bookmarked_, &QToolButton::toggled, this, changed);
}

FeatureFilter FilterBar::filter() const {
  FeatureFilter filter;
  filter.conditions = chips_;
  if (brush_) filter.conditions.push_back(*brush_);
  filter.hideDead = hideDead_->isChecked();
  filter.bookmarked = bookmarked_->isChecked();
  if (const auto condition = parseCondition(edit_->text())) {
    filter.conditions.push_back(*condition);
  } else if (!looksLikeCondition(edit_->text())) {
    filter.text = edit_->text();
  }
  return filter;
}

void FilterBar::setMatchCount(int matches, int total) {
  if (total == 0) {
    count_->clear();
  } else if (matches == total) {
    count_->setText(formatCount(total));
  } else {
    count_->setText(tr("%1 of %2").arg(formatCount(matches), formatCount(total)));
  }
}

void FilterBar::beginCondition(FeatureColumn column) {
  const FeatureColumnInfo& named = info(column);
  edit_->setText(named.header + (named.isText ? QStringLiteral(":") : QStringLiteral(" > ")));
  edit_->setFocus(Qt::ShortcutFocusReason);
  edit_->end(false);
}

void FilterBar::clear() {
  if (filter().isEmpty()) return;
  {
    // Not QSignalBlocker: the edit's own clear button listens too.
    const QScopedValueRollback quiet(quiet_, true);
    edit_->clear();
    hideDead_->setChecked(false);
    bookmarked_->setChecked(false);
  }
  chips_.clear();
  if (std::exchange(brush_, std::nullopt)) emit brushRemoved();
  rebuildChips();
  emit filterChanged();
}

void FilterBar::focusEdit() {
  edit_->setFocus(Qt::ShortcutFocusReason);
  edit_->selectAll();
}

void FilterBar::turnIntoChip() {
  const auto condition = parseCondition(edit_->text());
  if (!condition) {
    emit left();
    return;
  }
  chips_.push_back(*condition);
  {
    const QScopedValueRollback quiet(quiet_, true);
    edit_->clear();
  }
  rebuildChips();
  emit filterChanged();
}

void FilterBar::removeChip(std::size_t index) {
  chips_.erase(chips_.begin() + static_cast<std::ptrdiff_t>(index));
  rebuildChips();
  emit filterChanged();
}

void FilterBar::rebuildChips() {
  while (QLayoutItem* item = chipLayout_->takeAt(0)) {
    if (item->widget() != nullptr) item->widget()->deleteLater();
    delete item;
  }
  for (std::size_t i = 0; i < chips_.size(); ++i) {
    QPushButton* chip = makeChip(describe(chips_[i]), QStringLiteral("chip%1").arg(i));
    connect(chip, &QPushButton::clicked, this, [this, i] { removeChip(i); });
  }
  if (brush_) {
    QPushButton* chip = makeChip(describe(*brush_), QStringLiteral("brushChip"));
    connect(chip, &QPushButton::clicked, this, [this] {
      setBrush(std::nullopt);
      emit brushRemoved();
    });
  }
  chipLayout_->addStretch(1);
  chipRow_->setVisible(!chips_.empty() || brush_);
}

QPushButton* FilterBar::makeChip(const QString& text, const QString& name) {
  auto* chip = new QPushButton(text + QStringLiteral("  ×"));
  chip->setProperty("role", "chip");
  chip->setObjectName(name);
  chip->setAccessibleName(tr("Remove the filter %1").arg(text));
  chip->setToolTip(tr("Remove this filter"));
  chip->setCursor(Qt::PointingHandCursor);
  chipLayout_->addWidget(chip);
  return chip;
}

void FilterBar::addCondition(const ColumnCondition& condition) {
  std::erase_if(chips_, [&](const ColumnCondition& chip) {
    return info(chip.column).isText && chip.column == condition.column;
  });
  chips_.push_back(condition);
  rebuildChips();
  emit filterChanged();
}

void FilterBar::setBrush(std::optional<ColumnCondition> brush) {
  if (brush == brush_) return;
  brush_ = std::move(brush);
  rebuildChips();
  emit filterChanged();
}

bool FilterBar::eventFilter(QObject* watched, QEvent* event) {
  if (watched == edit_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Escape || key == Qt::Key_Down) {
      emit left();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace featurescope

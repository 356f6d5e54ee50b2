// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/command_palette.h"

#include "ui/pages/fonts.h"
#include "ui/pages/table_delegate.h"

#include <QAction>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QVBoxLayout>

#include <utility>

namespace featurescope {

namespace {

constexpr int kWidth = 560;
constexpr int kHeight = 420;

/// The text on the left, the keys or the token on the right.
class PaletteDelegate final : public TableDelegate {
 public:
  using TableDelegate::TableDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    painter->save();
    paintGround(*painter, option, index);
    const QString detail = index.data(PaletteModel::DetailRole).toString();
    const int detailWidth = detail.isEmpty() ? 0 : 150;
    paintText(*painter, option.rect.adjusted(0, 0, -detailWidth, 0), index.data().toString(),
              colors().text);
    painter->setPen(colors().dim);
    painter->setFont(tokenFont(12));
    painter->drawText(option.rect.adjusted(0, 0, -kCellPadding, 0),
                      Qt::AlignRight | Qt::AlignVCenter, detail);
    painter->restore();
  }
};

std::vector<PaletteModel::Action> described(const QList<QAction*>& actions) {
  std::vector<PaletteModel::Action> result;
  for (const QAction* action : actions) {
    result.push_back({QString(action->text()).remove(u'&'),
                      action->shortcut().toString(QKeySequence::NativeText)});
  }
  return result;
}

QList<QAction*> enabledOf(const QList<QAction*>& actions) {
  QList<QAction*> enabled;
  for (QAction* action : actions) {
    if (action->isEnabled() && !action->text().isEmpty()) enabled.append(action);
  }
  return enabled;
}

}  // namespace

CommandPalette::CommandPalette(const QList<QAction*>& actions,
                               std::shared_ptr<const FeatureColumns> features,
                               const PageColors& colors, QWidget* parent)
    : QDialog(parent),
      actions_(enabledOf(actions)),
      model_(new PaletteModel(described(actions_), std::move(features), this)),
      edit_(new QLineEdit),
      list_(new QListView) {
  setObjectName("commandPalette");
  setWindowTitle(tr("Find"));
  setAttribute(Qt::WA_DeleteOnClose);
  setFixedSize(kWidth, kHeight);
  edit_->setObjectName("paletteEdit");
  edit_->setAccessibleName(tr("Find an action or a feature"));
  edit_->setPlaceholderText(tr("An action, a feature's id, label or token…"));
  edit_->setFont(textFont(15));
  list_->setObjectName("paletteList");
  list_->setAccessibleName(tr("What was found"));
  list_->setModel(model_);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setUniformItemSizes(true);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* delegate = new PaletteDelegate(this);
  delegate->setColors(colors);
  list_->setItemDelegate(delegate);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(12, 12, 12, 12);
  rows->setSpacing(8);
  rows->addWidget(edit_);
  rows->addWidget(list_, 1);
  edit_->installEventFilter(this);
  connect(edit_, &QLineEdit::textChanged, this, [this](const QString& text) {
    model_->setQuery(text);
    chooseFirst();
  });
  connect(list_, &QListView::clicked, this, &CommandPalette::runCurrent);
  chooseFirst();
  edit_->setFocus();
}

void CommandPalette::chooseFirst() { list_->setCurrentIndex(model_->index(0)); }

/// The arrows move in the list while the keyboard stays in the line.
bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == edit_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp ||
        key == Qt::Key_PageDown) {
      QCoreApplication::sendEvent(list_, event);
      return true;
    }
    if (key == Qt::Key_Return || key == Qt::Key_Enter) {
      runCurrent();
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

void CommandPalette::runCurrent() {
  const QModelIndex current = list_->currentIndex();
  if (!current.isValid()) return;
  const auto feature = model_->feature(current.row());
  const auto action = model_->action(current.row());
  accept();
  if (feature) emit featureChosen(*feature);
  if (action) actions_[static_cast<qsizetype>(*action)]->trigger();
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/message_bar.h"

#include <QHBoxLayout>
#include <QIcon>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace featurescope {

MessageBar::MessageBar(QWidget* parent)
    : QWidget(parent), sentence_(new QLabel), next_(new QLabel), close_(new QToolButton) {
  setObjectName("messageBar");
  setAttribute(Qt::WA_StyledBackground);
  for (QLabel* label : {sentence_, next_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  sentence_->setObjectName("messageText");
  sentence_->setAccessibleName(tr("Message"));
  next_->setObjectName("messageNext");
  close_->setObjectName("messageClose");
  close_->setAccessibleName(tr("Close the message"));
  close_->setToolTip(tr("Close (Esc)"));
  auto* texts = new QVBoxLayout;
  texts->setSpacing(2);
  texts->addWidget(sentence_);
  texts->addWidget(next_);
  auto* columns = new QHBoxLayout(this);
  columns->setContentsMargins(16, 9, 10, 9);
  columns->addLayout(texts, 1);
  columns->addWidget(close_, 0, Qt::AlignTop);
  connect(close_, &QToolButton::clicked, this, &QWidget::hide);
  hide();
}

void MessageBar::tell(const Failure& failure) {
  sentence_->setText(failure.sentence());
  QString next = failure.next;
  if (!next.isEmpty()) next[0] = next[0].toUpper();
  next_->setText(next);
  next_->setVisible(!next.isEmpty());
  setVisible(true);
}

void MessageBar::setCloseIcon(const QIcon& icon) { close_->setIcon(icon); }

QString MessageBar::text() const { return sentence_->text(); }

}  // namespace featurescope

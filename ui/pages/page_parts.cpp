// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page_parts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace featurescope {

constexpr int kLineWidth = 520;  ///< longer lines are hard to read

QLabel* makeHeading(const QString& text, const char* objectName) {
  auto* label = new QLabel(text);
  label->setObjectName(QLatin1String(objectName));
  label->setProperty("role", "heading");
  label->setContentsMargins(12, 8, 12, 2);
  return label;
}

QWidget* makeColumn(QLabel* heading, QWidget* body) {
  auto* column = new QWidget;
  auto* rows = new QVBoxLayout(column);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(heading);
  rows->addWidget(body, 1);
  return column;
}

QSplitter* makeSplitter(const char* objectName, Qt::Orientation orientation,
                        std::initializer_list<QWidget*> parts) {
  auto* splitter = new QSplitter(orientation);
  splitter->setObjectName(QLatin1String(objectName));
  splitter->setHandleWidth(1);
  splitter->setChildrenCollapsible(false);
  for (QWidget* part : parts) splitter->addWidget(part);
  return splitter;
}

EmptyState::EmptyState(const QString& reason, const char* objectName, QWidget* parent)
    : QWidget(parent), reason_(new QLabel(reason)), buttons_(new QVBoxLayout) {
  reason_->setObjectName(QLatin1String(objectName));
  reason_->setAlignment(Qt::AlignCenter);
  reason_->setWordWrap(true);
  reason_->setProperty("role", "dim");
  reason_->setMaximumWidth(kLineWidth);
  auto* line = new QHBoxLayout;
  line->addStretch(1);
  line->addWidget(reason_, 1000);  // as wide as it may be
  line->addStretch(1);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(40, 20, 40, 20);
  rows->addStretch(1);
  rows->addLayout(line);
  rows->addSpacing(10);
  rows->addLayout(buttons_);
  rows->addStretch(2);
}

void EmptyState::setReason(const QString& reason) { reason_->setText(reason); }

QPushButton* EmptyState::addButton(const QString& text) {
  auto* button = new QPushButton(text);
  if (buttons_->count() > 0) button->setProperty("role", "link");
  buttons_->addWidget(button, 0, Qt::AlignHCenter);
  return button;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/go_to_feature_dialog.h"

#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace featurescope {

GoToFeatureDialog::GoToFeatureDialog(int count, QWidget* parent)
    : QDialog(parent), count_(count), edit_(new QLineEdit), note_(new QLabel) {
  setObjectName("goToFeatureDialog");
  setWindowTitle(tr("Go to a feature"));
  setFixedWidth(280);
  edit_->setObjectName("goToFeatureEdit");
  edit_->setAccessibleName(tr("Feature id"));
  edit_->setPlaceholderText(tr("id, 0 to %1").arg(count - 1));
  note_->setObjectName("goToFeatureNote");
  note_->setProperty("role", "note");
  note_->setText(tr("Enter opens it, Esc closes"));
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(14, 14, 14, 12);
  rows->setSpacing(6);
  rows->addWidget(edit_);
  rows->addWidget(note_);
  connect(edit_, &QLineEdit::returnPressed, this, &GoToFeatureDialog::choose);
}

void GoToFeatureDialog::choose() {
  bool ok = false;
  const int id = edit_->text().trimmed().toInt(&ok);
  if (ok && id >= 0 && id < count_) {
    emit chosen(FeatureId{id});
    accept();
    return;
  }
  note_->setText(tr("There is no such feature: ids go from 0 to %1").arg(count_ - 1));
  edit_->selectAll();
}

}  // namespace featurescope

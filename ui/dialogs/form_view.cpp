// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/form_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace featurescope {
namespace {

constexpr int kNumberWidth = 170;

bool isPath(FieldKind kind) {
  switch (kind) {
    case FieldKind::Folder:
    case FieldKind::Path:
    case FieldKind::Files:
    case FieldKind::NewFolder:
    case FieldKind::NewFile:
      return true;
    default:
      return false;
  }
}

}  // namespace

FormView::FormView(const Form& form, QWidget* parent) : QWidget(parent) {
  setObjectName("formView");
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 8, 0);
  rows->setSpacing(6);
  for (const FormSection& section : form.sections()) addSection(*rows, section);
  rows->addStretch(1);
  setValues(form.initialValues());
}

void FormView::addSection(QVBoxLayout& rows, const FormSection& section) {
  auto* body = new QWidget;
  auto* layout = new QFormLayout(body);
  layout->setContentsMargins(0, 0, 0, 4);
  layout->setHorizontalSpacing(14);
  layout->setVerticalSpacing(2);
  layout->setLabelAlignment(Qt::AlignRight | Qt::AlignVCenter);
  layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  if (!section.title.isEmpty()) {
    auto* head = new QToolButton;
    head->setObjectName("formSection");
    head->setText(section.title);
    head->setAccessibleName(tr("Show or hide: %1").arg(section.title));
    head->setCheckable(true);
    head->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    head->setArrowType(Qt::RightArrow);
    connect(head, &QToolButton::toggled, body, [head, body](bool open) {
      head->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
      body->setVisible(open);
    });
    body->hide();
    folds_[body] = head;
    rows.addWidget(head);
  }
  rows.addWidget(body);
  for (const FormField& field : section.fields) addRow(*layout, field, body);
}

void FormView::addRow(QFormLayout& layout, const FormField& field, QWidget* section) {
  QWidget* input = makeInput(field);
  input->setObjectName(QStringLiteral("field") + field.flag);
  input->setAccessibleName(field.label);
  input->setAccessibleDescription(field.explanation);
  input->setToolTip(field.explanation);
  input->installEventFilter(this);
  auto* note = new QLabel;
  note->setObjectName(QStringLiteral("note") + field.flag);
  note->setProperty("role", "note");
  note->setWordWrap(true);
  note->hide();
  auto* column = new QWidget;
  auto* lines = new QVBoxLayout(column);
  lines->setContentsMargins(0, 2, 0, 3);
  lines->setSpacing(1);
  lines->addWidget(isPath(field.kind) ? withBrowse(field, input) : input);
  lines->addWidget(note);
  auto* label = new QLabel(field.kind == FieldKind::Toggle ? QString() : field.label);
  label->setToolTip(field.explanation);
  label->setContentsMargins(0, 7, 0, 0);
  label->setAlignment(Qt::AlignRight | Qt::AlignTop);
  label->setMinimumWidth(110);
  layout.addRow(label, column);
  rows_[field.flag] = Row{field, input, note, section};
  order_.append(field.flag);
}

QWidget* FormView::makeInput(const FormField& field) {
  if (field.kind == FieldKind::Choice) {
    auto* box = new QComboBox;
    box->addItems(field.choices);
    box->setMaximumWidth(kNumberWidth);
    connect(box, &QComboBox::currentIndexChanged, this, &FormView::changed);
    return box;
  }
  if (field.kind == FieldKind::Toggle) {
    auto* box = new QCheckBox(field.label);
    connect(box, &QCheckBox::toggled, this, &FormView::changed);
    return box;
  }
  auto* edit = new QLineEdit;
  edit->setPlaceholderText(field.hint);
  if (field.kind == FieldKind::Number) edit->setMaximumWidth(kNumberWidth);
  edit->setAcceptDrops(!isPath(field.kind));  // a dropped file is the dialog's to place
  connect(edit, &QLineEdit::textChanged, this, &FormView::changed);
  return edit;
}

QWidget* FormView::withBrowse(const FormField& field, QWidget* input) {
  auto* button = new QPushButton(tr("Browse…"));
  button->setAutoDefault(false);
  button->setAccessibleName(tr("Browse for %1").arg(field.label));
  connect(button, &QPushButton::clicked, this, [this, field] { browse(field); });
  auto* line = new QWidget;
  auto* columns = new QHBoxLayout(line);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->addWidget(input, 1);
  columns->addWidget(button);
  return line;
}

void FormView::browse(const FormField& field) {
  const QString typed = valueOf(rows_.at(field.flag));
  QString chosen;
  switch (field.kind) {
    case FieldKind::Files: {
      const QStringList files = QFileDialog::getOpenFileNames(
          this, field.label, splitFiles(typed).value(0),
          tr("Texts (*.txt *.jsonl *.txt.gz *.jsonl.gz *.txt.zst *.jsonl.zst);;All files (*)"));
      chosen = files.join(kBetweenFiles);
      break;
    }
    case FieldKind::NewFile:
    case FieldKind::NewFolder:
      chosen = QFileDialog::getSaveFileName(this, field.label, typed, {}, nullptr,
                                            QFileDialog::DontConfirmOverwrite);
      break;
    default:
      chosen = QFileDialog::getExistingDirectory(this, field.label, typed);
  }
  if (!chosen.isEmpty()) setValueOf(rows_.at(field.flag), chosen);
}

QString FormView::valueOf(const Row& row) {
  if (const auto* box = qobject_cast<QComboBox*>(row.widget)) return box->currentText();
  if (const auto* box = qobject_cast<QCheckBox*>(row.widget)) {
    return box->isChecked() ? QStringLiteral("yes") : QString();
  }
  return static_cast<QLineEdit*>(row.widget)->text();
}

void FormView::setValueOf(const Row& row, const QString& value) {
  if (auto* box = qobject_cast<QComboBox*>(row.widget)) {
    box->setCurrentText(value);
  } else if (auto* check = qobject_cast<QCheckBox*>(row.widget)) {
    check->setChecked(!value.isEmpty());
  } else {
    static_cast<QLineEdit*>(row.widget)->setText(value);
  }
}

FormValues FormView::values() const {
  FormValues values;
  for (const auto& [flag, row] : rows_) values.set(flag, valueOf(row));
  return values;
}

void FormView::setValues(const FormValues& values) {
  {
    const QSignalBlocker quiet(this);  // one change, however many fields
    for (const auto& [flag, value] : values.all()) {
      const auto row = rows_.find(flag);
      if (row == rows_.end()) continue;
      setValueOf(row->second, value);
      const auto fold = folds_.find(row->second.section);
      if (fold != folds_.end() && value != row->second.field.initial) {
        static_cast<QToolButton*>(fold->second)->setChecked(true);
      }
    }
  }
  emit changed();
}

void FormView::showNotes(const FormCheck& check) {
  for (const auto& [flag, row] : rows_) {
    const FieldNote note = check.of(flag);
    row.note->setText(note.text);
    row.note->setVisible(!note.text.isEmpty());
    row.note->setProperty("state", note.kind == FieldNote::Kind::Wrong ? "wrong" : "fine");
    row.note->style()->unpolish(row.note);
    row.note->style()->polish(row.note);
    const auto fold = folds_.find(row.section);
    if (fold != folds_.end() && note.kind == FieldNote::Kind::Wrong) {
      static_cast<QToolButton*>(fold->second)->setChecked(true);  // what is wrong must be seen
    }
  }
}

void FormView::focusFirst() {
  const Row* first = nullptr;
  for (const QString& flag : order_) {
    const Row& row = rows_.at(flag);
    if (first == nullptr) first = &row;
    if (!row.field.needed || !valueOf(row).isEmpty()) continue;
    first = &row;
    break;
  }
  if (first != nullptr) first->widget->setFocus();
}

bool FormView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn) {
    const auto row = rows_.find(watched->objectName().mid(5));
    if (row != rows_.end()) emit fieldEntered(row->second.field);
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace featurescope

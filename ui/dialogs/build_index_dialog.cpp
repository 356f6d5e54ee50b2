// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/build_index_dialog.h"

#include "ui/pages/fonts.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

namespace featurescope {
namespace {

constexpr QLatin1String kBetweenTexts("; ");

QLineEdit* edit(const char* name, const QString& text, const QString& hint = {}) {
  auto* made = new QLineEdit(text);
  made->setObjectName(QLatin1String(name));
  made->setPlaceholderText(hint);
  return made;
}

QStringList splitTexts(const QString& text) {
  QStringList files;
  for (const QString& file : text.split(u';', Qt::SkipEmptyParts)) {
    if (!file.trimmed().isEmpty()) files.append(file.trimmed());
  }
  return files;
}

}  // namespace

BuildIndexDialog::BuildIndexDialog(const IndexForm& proposal, QWidget* parent)
    : QDialog(parent),
      model_(edit("indexModel", proposal.model, tr("a folder with config.json"))),
      sae_(edit("indexSae", proposal.sae, tr("a checkpoint's folder or file"))),
      texts_(edit("indexTexts", proposal.texts.join(kBetweenTexts),
                  tr(".txt or .jsonl, also .gz or .zst; several with ;"))),
      layer_(edit("indexLayer", proposal.layer)),
      context_(edit("indexContext", proposal.context)),
      tokens_(edit("indexTokens", proposal.tokens, tr("all"))),
      out_(edit("indexOut", proposal.out, tr("where the index goes, .sqlite"))),
      site_(new QComboBox),
      packing_(new QComboBox),
      force_(new QCheckBox(tr("Replace it if it exists"))),
      command_(new QPlainTextEdit),
      build_(new QPushButton(tr("Build index"))) {
  setObjectName("buildIndexDialog");
  setWindowTitle(tr("Build an index"));
  setMinimumWidth(640);
  site_->setObjectName("indexSite");
  site_->setAccessibleName(tr("Site"));
  site_->addItems({"mlp-out", "mlp-pre", "resid"});
  site_->setCurrentText(proposal.site);
  packing_->setObjectName("indexPacking");
  packing_->setAccessibleName(tr("Packing"));
  packing_->addItem(tr("joined and cut into contexts"), false);
  packing_->addItem(tr("each document by itself"), true);
  packing_->setCurrentIndex(proposal.documents ? 1 : 0);
  force_->setObjectName("indexForce");
  force_->setChecked(proposal.force);

  auto* siteRow = new QWidget;
  auto* siteLayout = new QHBoxLayout(siteRow);
  siteLayout->setContentsMargins(0, 0, 0, 0);
  layer_->setMaximumWidth(72);
  layer_->setAccessibleName(tr("Layer"));
  siteLayout->addWidget(layer_);
  siteLayout->addWidget(site_);
  siteLayout->addStretch(1);
  auto* sizeRow = new QWidget;
  auto* sizeLayout = new QHBoxLayout(sizeRow);
  sizeLayout->setContentsMargins(0, 0, 0, 0);
  context_->setMaximumWidth(72);
  context_->setAccessibleName(tr("Context length"));
  sizeLayout->addWidget(context_);
  sizeLayout->addWidget(new QLabel(tr("tokens,")));
  sizeLayout->addWidget(packing_);
  sizeLayout->addStretch(1);

  auto* fields = new QFormLayout;
  fields->setHorizontalSpacing(16);
  fields->setVerticalSpacing(4);
  fields->setLabelAlignment(Qt::AlignRight | Qt::AlignVCenter);
  addRow(*fields, tr("Model"), pathField(model_, tr("Model"), &BuildIndexDialog::browseModel),
         IndexField::Model);
  addRow(*fields, tr("SAE"), pathField(sae_, tr("SAE"), &BuildIndexDialog::browseSae),
         IndexField::Sae);
  addRow(*fields, tr("Text"), pathField(texts_, tr("Text"), &BuildIndexDialog::browseTexts),
         IndexField::Texts);
  addRow(*fields, tr("Layer and site"), siteRow, IndexField::Site);
  addRow(*fields, tr("Contexts of"), sizeRow, IndexField::Context);
  addRow(*fields, tr("At most"), tokens_, IndexField::Tokens);
  tokens_->setAccessibleName(tr("Number of tokens"));
  addRow(*fields, tr("Index"), pathField(out_, tr("Index"), &BuildIndexDialog::browseOut),
         IndexField::Out);
  fields->addRow(QString(), force_);

  command_->setObjectName("indexCommand");
  command_->setAccessibleName(tr("The same as a command"));
  command_->setReadOnly(true);
  command_->setProperty("role", "code");
  command_->setFont(tokenFont());
  command_->setFixedHeight(76);
  command_->setTabChangesFocus(true);
  auto* commandHead = new QLabel(tr("The same as a command"));
  commandHead->setProperty("role", "heading");
  auto* copy = new QPushButton(tr("Copy"));
  copy->setObjectName("indexCopyCommand");
  copy->setProperty("role", "link");
  copy->setAutoDefault(false);
  auto* commandLineHead = new QHBoxLayout;
  commandLineHead->addWidget(commandHead);
  commandLineHead->addStretch(1);
  commandLineHead->addWidget(copy);

  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  build_->setObjectName("indexBuild");
  build_->setProperty("role", "primary");
  buttons->addButton(build_, QDialogButtonBox::AcceptRole);

  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(20, 18, 20, 16);
  rows->setSpacing(10);
  rows->addLayout(fields);
  rows->addSpacing(6);
  rows->addLayout(commandLineHead);
  rows->addWidget(command_);
  rows->addSpacing(4);
  rows->addWidget(buttons);
  buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
  build_->setDefault(true);

  for (QLineEdit* each : {model_, sae_, texts_, layer_, context_, tokens_, out_}) {
    connect(each, &QLineEdit::textChanged, this, &BuildIndexDialog::changed);
  }
  connect(site_, &QComboBox::currentIndexChanged, this, &BuildIndexDialog::changed);
  connect(packing_, &QComboBox::currentIndexChanged, this, &BuildIndexDialog::changed);
  connect(force_, &QCheckBox::toggled, this, &BuildIndexDialog::changed);
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(command_->toPlainText()); });
  connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  changed();
}

QWidget* BuildIndexDialog::pathField(QLineEdit* edit, const QString& accessibleName,
                                     void (BuildIndexDialog::*browse)()) {
  edit->setAccessibleName(accessibleName);
  auto* button = new QPushButton(tr("Browse…"));
  button->setAutoDefault(false);
  button->setAccessibleName(tr("Browse for %1").arg(accessibleName));
  connect(button, &QPushButton::clicked, this, browse);
  auto* field = new QWidget;
  auto* row = new QHBoxLayout(field);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(edit, 1);
  row->addWidget(button);
  return field;
}

void BuildIndexDialog::addRow(QFormLayout& layout, const QString& label, QWidget* field,
                              std::optional<IndexField> noted) {
  layout.addRow(label, field);
  if (!noted) return;
  auto* note = new QLabel;
  note->setObjectName(QStringLiteral("indexNote%1").arg(static_cast<int>(*noted)));
  note->setProperty("role", "note");
  note->setWordWrap(true);
  note->setMinimumHeight(16);
  notes_[static_cast<std::size_t>(*noted)] = note;
  layout.addRow(QString(), note);
}

IndexForm BuildIndexDialog::form() const {
  IndexForm form;
  form.model = model_->text();
  form.sae = sae_->text();
  form.texts = splitTexts(texts_->text());
  form.layer = layer_->text();
  form.site = site_->currentText();
  form.context = context_->text();
  form.tokens = tokens_->text();
  form.documents = packing_->currentData().toBool();
  form.out = out_->text();
  form.force = force_->isChecked();
  return form;
}

void BuildIndexDialog::changed() {
  const IndexForm typed = form();
  command_->setPlainText(commandLine(typed));
  build_->setEnabled(false);
  const std::uint64_t question = ++question_;
  checker_.post([this, typed, question] {
    const IndexFormCheck result = check(typed);
    QMetaObject::invokeMethod(
        this,
        [this, result, question] {
          if (question == question_) showCheck(result);
        },
        Qt::QueuedConnection);
  });
}

void BuildIndexDialog::showCheck(const IndexFormCheck& check) {
  for (std::size_t i = 0; i < kIndexFieldCount; ++i) {
    const FieldNote& note = check.notes[i];
    notes_[i]->setText(note.text);
    notes_[i]->setProperty("state", note.kind == FieldNote::Kind::Wrong ? "wrong" : "fine");
    notes_[i]->style()->unpolish(notes_[i]);
    notes_[i]->style()->polish(notes_[i]);
  }
  build_->setEnabled(check.complete());
  if (check.saeSite && siteProposedFor_ != sae_->text()) {
    siteProposedFor_ = sae_->text();
    proposeSite(*check.saeSite);
  }
}

/// The SAE names the site it was trained on: take it once, a person may still change it.
void BuildIndexDialog::proposeSite(const Site& site) {
  layer_->setText(QString::number(site.layer.value));
  const std::string_view kind = name(site.kind);
  site_->setCurrentText(QString::fromUtf8(kind.data(), static_cast<qsizetype>(kind.size())));
}

void BuildIndexDialog::browseModel() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, tr("Choose a model's folder"), model_->text());
  if (!folder.isEmpty()) model_->setText(folder);
}

void BuildIndexDialog::browseSae() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, tr("Choose an SAE's folder"), sae_->text());
  if (!folder.isEmpty()) sae_->setText(folder);
}

void BuildIndexDialog::browseTexts() {
  const QStringList files = QFileDialog::getOpenFileNames(
      this, tr("Choose text files"), {},
      tr("Texts (*.txt *.jsonl *.txt.gz *.jsonl.gz *.txt.zst *.jsonl.zst);;All files (*)"));
  if (!files.isEmpty()) texts_->setText(files.join(kBetweenTexts));
}

void BuildIndexDialog::browseOut() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Where the index goes"), out_->text(),
                                                    tr("Indexes (*.sqlite)"), nullptr,
                                                    QFileDialog::DontConfirmOverwrite);
  if (file.isEmpty()) return;
  out_->setText(file.endsWith(QLatin1String(".sqlite")) ? file : file + ".sqlite");
}

}  // namespace featurescope

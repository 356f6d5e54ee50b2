// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/information_dialogs.h"

#include <QCoreApplication>
#include <QDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QIcon>
#include <QLabel>
#include <QVBoxLayout>

namespace featurescope {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("Information", text); }

QDialog* sheet(const char* name, const QString& title, QWidget* parent) {
  auto* dialog = new QDialog(parent);
  dialog->setObjectName(QLatin1String(name));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(title);
  return dialog;
}

}  // namespace

void showShortcuts(const ShortcutList& shortcuts, QWidget* parent) {
  QDialog* dialog = sheet("shortcutsDialog", translated("Shortcuts"), parent);
  auto* rows = new QGridLayout(dialog);
  rows->setContentsMargins(24, 20, 24, 20);
  rows->setHorizontalSpacing(28);
  rows->setVerticalSpacing(9);
  int row = 0;
  for (const auto& [keys, meaning] : shortcuts) {
    auto* key = new QLabel(keys);
    key->setProperty("role", "key");
    rows->addWidget(key, row, 0, Qt::AlignLeft);
    rows->addWidget(new QLabel(meaning), row, 1);
    ++row;
  }
  dialog->show();
}

void showAbout(QWidget* parent) {
  QDialog* dialog = sheet("aboutDialog", translated("About Featurescope"), parent);
  auto* picture = new QLabel;
  picture->setPixmap(
      QIcon(":/icons/featurescope.svg").pixmap(QSize(64, 64), dialog->devicePixelRatioF()));
  auto* text = new QLabel(
      QStringLiteral("<p style='font-size:18px'><b>Featurescope</b> %1</p><p>%2</p><p>%3</p>")
          .arg(QCoreApplication::applicationVersion(),
               translated(
                   "An explorer for sparse-autoencoder features of language models: what each "
                   "feature fires on, and what fine-tuning did to it."),
               translated("Free software under the GNU General Public License, version 3 or later. "
                          "It comes without warranty. Built with Qt %1, LibTorch and SQLite.")
                   .arg(QLatin1String(qVersion()))));
  text->setWordWrap(true);
  text->setMinimumWidth(360);
  auto* columns = new QHBoxLayout(dialog);
  columns->setContentsMargins(24, 22, 28, 22);
  columns->setSpacing(20);
  columns->addWidget(picture, 0, Qt::AlignTop);
  columns->addWidget(text, 1);
  dialog->show();
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/index_form.h"
#include "ui/bridge/serial_thread.h"

#include <QDialog>

#include <array>
#include <cstdint>
#include <optional>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace featurescope {

/// Asks what to index. Fields are checked as they are typed, on a thread of the dialog's; the same
/// command is shown to copy.
class BuildIndexDialog : public QDialog {
  Q_OBJECT
 public:
  /// `proposal` fills the fields first, what was asked last or what the open study holds.
  explicit BuildIndexDialog(const IndexForm& proposal, QWidget* parent = nullptr);

  [[nodiscard]] IndexForm form() const;

 private:
  QWidget* pathField(QLineEdit* edit, const QString& accessibleName,
                     void (BuildIndexDialog::*browse)());
  void addRow(QFormLayout& layout, const QString& label, QWidget* field,
              std::optional<IndexField> noted);
  void browseModel();
  void browseSae();
  void browseTexts();
  void browseOut();
  void changed();
  void showCheck(const IndexFormCheck& check);
  void proposeSite(const Site& site);

  QLineEdit *model_, *sae_, *texts_, *layer_, *context_, *tokens_, *out_;
  QComboBox *site_, *packing_;
  QCheckBox* force_;
  std::array<QLabel*, kIndexFieldCount> notes_{};
  QPlainTextEdit* command_;
  QPushButton* build_;
  QString siteProposedFor_;
  std::uint64_t question_ = 0;
  SerialThread checker_;
};

}  // namespace featurescope

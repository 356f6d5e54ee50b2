// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/form.h"

#include <QWidget>

#include <map>

class QFormLayout;
class QLabel;
class QVBoxLayout;

namespace featurescope {

/// The fields of a form, section by section; all sections but the first are folded until asked
/// for. A field's widget is called "field--model" after its flag, its note "note--model".
class FormView : public QWidget {
  Q_OBJECT
 public:
  explicit FormView(const Form& form, QWidget* parent = nullptr);

  [[nodiscard]] FormValues values() const;
  /// Fields that `values` does not name stay as they are. A folded section with a value other than
  /// its initial one unfolds.
  void setValues(const FormValues& values);
  void showNotes(const FormCheck& check);
  /// Gives the keyboard to the first field that is needed and empty, else to the first.
  void focusFirst();

 signals:
  void changed();
  /// The keyboard is in this field now, or the mouse asks about it.
  void fieldEntered(const featurescope::FormField& field);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Row {
    FormField field;
    QWidget* widget = nullptr;  ///< holds the value
    QLabel* note = nullptr;
    QWidget* section = nullptr;
  };

  void addSection(QVBoxLayout& rows, const FormSection& section);
  void addRow(QFormLayout& layout, const FormField& field, QWidget* section);
  [[nodiscard]] QWidget* makeInput(const FormField& field);
  [[nodiscard]] QWidget* withBrowse(const FormField& field, QWidget* input);
  void browse(const FormField& field);
  [[nodiscard]] static QString valueOf(const Row& row);
  static void setValueOf(const Row& row, const QString& value);

  std::map<QString, Row> rows_;         ///< by flag
  QStringList order_;                   ///< of the flags, as shown
  std::map<QWidget*, QWidget*> folds_;  ///< a section's body and its head
};

}  // namespace featurescope

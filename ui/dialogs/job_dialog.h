// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/task_line.h"
#include "ui/bridge/failure.h"
#include "ui/bridge/form.h"

#include <QDialog>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace featurescope {

class Errands;
class FormView;

/// Asks for what a job needs. Fields are checked as they are typed, on a thread of the dialog's;
/// what the job will take is estimated before it starts; the same command is shown to copy; files
/// dropped on the dialog land in the field they fit.
class JobDialog : public QDialog {
  Q_OBJECT
 public:
  /// `form` lives as long as the program. `proposal` fills the fields first.
  JobDialog(std::shared_ptr<const Form> form, const FormValues& proposal,
            QWidget* parent = nullptr);
  ~JobDialog() override;

  /// Lets the time be measured on `worker`, whenever `mayMeasure` says that no job is disturbed.
  /// `worker` outlives the dialog: what has begun there may end after it.
  void setMeasuring(Errands& worker, std::function<bool()> mayMeasure);

  [[nodiscard]] FormValues values() const;

 signals:
  /// Check and measurement of what is typed now are done.
  void measured();

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  struct Measurement;

  [[nodiscard]] QWidget* makeSide();
  [[nodiscard]] QWidget* makePresets();
  void explain(const QString& title, const QString& text);
  void onChanged();
  void takeCheck(const FormCheck& check);
  void propose(const FormCheck& check);
  void showEstimates(const FormCheck& check);
  void measure();
  void forgetMeasurement();
  void place(const QString& path);

  std::shared_ptr<const Form> form_;
  FormView* view_;
  QLabel *explainedTitle_, *explanation_, *estimates_, *time_, *wrong_;
  QPlainTextEdit* command_ = nullptr;
  QPushButton* action_;
  std::set<QString> proposedFor_;  ///< "--sae=PATH" whose proposal was made
  std::uint64_t question_ = 0;
  Errands* worker_ = nullptr;
  std::function<bool()> mayMeasure_;
  std::stop_source measuring_{std::nostopstate};
  FormValues measuredFor_;         ///< what is being measured, or was
  std::uint64_t measurement_ = 0;  ///< an answer of an earlier one is dropped
  QTimer measureSoon_;
  TaskLine checker_;  ///< last: it ends before what it uses
};

}  // namespace featurescope

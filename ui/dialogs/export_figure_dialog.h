// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure_export.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace featurescope {

/// How a figure is to be written, with a preview of just that.
class ExportFigureDialog : public QDialog {
  Q_OBJECT
 public:
  explicit ExportFigureDialog(Figure figure, QWidget* parent = nullptr);

  [[nodiscard]] FigureFile file() const;
  [[nodiscard]] const Figure& figure() const { return figure_; }

 signals:
  /// The bytes to write, and where.
  void chosen(const QString& path, const QByteArray& bytes);

 private:
  void showPreview();
  void adaptHeight();
  void askForPath();

  Figure figure_;
  QComboBox *format_, *width_;
  QDoubleSpinBox* height_;
  QSpinBox* dpi_;
  QComboBox* style_;
  QCheckBox* caption_;
  QLabel *preview_, *note_;
};

}  // namespace featurescope

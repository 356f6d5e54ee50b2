// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_figure_dialog.h"

#include "core/base/error.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <array>
#include <utility>

namespace featurescope {

namespace {

constexpr QSize kPreview(460, 320);
constexpr int kPreviewDpi = 120;
constexpr double kLowestMillimetres = 20, kHighestMillimetres = 400;

struct Format {
  FigureFormat format;
  const char* name;
  const char* ending;
};
/// The last two are for tables.
constexpr std::array kFormats{
    Format{FigureFormat::Pdf, "PDF", "pdf"},     Format{FigureFormat::Svg, "SVG", "svg"},
    Format{FigureFormat::Png, "PNG", "png"},     Format{FigureFormat::Csv, "CSV", "csv"},
    Format{FigureFormat::Latex, "LaTeX", "tex"}, Format{FigureFormat::Markdown, "Markdown", "md"}};

bool isPicture(FigureFormat format) {
  return format == FigureFormat::Pdf || format == FigureFormat::Svg || format == FigureFormat::Png;
}

const Format& formatAt(int index) { return kFormats.at(static_cast<std::size_t>(index)); }

}  // namespace

ExportFigureDialog::ExportFigureDialog(Figure figure, QWidget* parent)
    : QDialog(parent),
      figure_(std::move(figure)),
      format_(new QComboBox),
      width_(new QComboBox),
      height_(new QDoubleSpinBox),
      dpi_(new QSpinBox),
      style_(new QComboBox),
      caption_(new QCheckBox(tr("&Definitions below"))),
      preview_(new QLabel),
      note_(new QLabel) {
  setObjectName("exportFigureDialog");
  setWindowTitle(tr("Export figure"));
  for (const Format& format : kFormats) {
    const bool ofTables =
        format.format == FigureFormat::Latex || format.format == FigureFormat::Markdown;
    if (!ofTables || figure_.shown) format_->addItem(QLatin1String(format.name));
  }
  format_->setObjectName("exportFormat");
  width_->setObjectName("exportWidth");
  width_->addItem(tr("single column, 89 mm"), kSingleColumnMillimetres);
  width_->addItem(tr("double column, 183 mm"), kDoubleColumnMillimetres);
  height_->setObjectName("exportHeight");
  height_->setRange(kLowestMillimetres, kHighestMillimetres);
  height_->setDecimals(0);
  height_->setSuffix(tr(" mm"));
  dpi_->setObjectName("exportDpi");
  dpi_->setRange(72, 1200);
  dpi_->setValue(300);
  dpi_->setSuffix(tr(" dpi"));
  style_->setObjectName("exportStyle");
  style_->addItem(tr("paper"), QVariant::fromValue(static_cast<int>(FigureLook::Paper)));
  style_->addItem(tr("grayscale"), QVariant::fromValue(static_cast<int>(FigureLook::Grayscale)));
  style_->addItem(tr("dark slides"), QVariant::fromValue(static_cast<int>(FigureLook::Dark)));
  caption_->setObjectName("exportCaption");
  caption_->setVisible(!figure_.caption.isEmpty());
  preview_->setObjectName("exportPreview");
  preview_->setAccessibleName(tr("Preview"));
  preview_->setTextFormat(Qt::PlainText);
  preview_->setAlignment(Qt::AlignCenter);
  preview_->setFixedSize(kPreview);
  note_->setProperty("role", "note");
  note_->setWordWrap(true);

  auto* form = new QFormLayout;
  form->addRow(tr("&Format"), format_);
  form->addRow(tr("&Width"), width_);
  form->addRow(tr("&Height"), height_);
  form->addRow(tr("&Resolution"), dpi_);
  form->addRow(tr("S&tyle"), style_);
  form->addRow(QString(), caption_);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  QPushButton* save = buttons->addButton(tr("Save…"), QDialogButtonBox::AcceptRole);
  save->setObjectName("exportSave");
  save->setProperty("role", "primary");
  save->setDefault(true);
  auto* left = new QVBoxLayout;
  left->addLayout(form);
  left->addSpacing(8);
  left->addWidget(note_);
  left->addStretch(1);
  auto* columns = new QHBoxLayout;
  columns->setSpacing(18);
  columns->addLayout(left);
  columns->addWidget(preview_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(20, 18, 20, 16);
  rows->setSpacing(14);
  rows->addLayout(columns);
  rows->addWidget(buttons);

  connect(format_, &QComboBox::currentIndexChanged, this, &ExportFigureDialog::showPreview);
  connect(width_, &QComboBox::currentIndexChanged, this, &ExportFigureDialog::adaptHeight);
  connect(style_, &QComboBox::currentIndexChanged, this, &ExportFigureDialog::showPreview);
  connect(caption_, &QCheckBox::toggled, this, &ExportFigureDialog::adaptHeight);
  connect(height_, &QDoubleSpinBox::valueChanged, this, &ExportFigureDialog::showPreview);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(buttons, &QDialogButtonBox::accepted, this, &ExportFigureDialog::askForPath);
  adaptHeight();
  showPreview();
}

FigureFile ExportFigureDialog::file() const {
  return {.format = formatAt(format_->currentIndex()).format,
          .widthMillimetres = width_->currentData().toDouble(),
          .heightMillimetres = height_->value(),
          .dpi = dpi_->value(),
          .caption = caption_->isChecked(),
          .look = static_cast<FigureLook>(style_->currentData().toInt())};
}

void ExportFigureDialog::adaptHeight() {
  height_->setValue(naturalHeight(figure_, file()));
  showPreview();
}

void ExportFigureDialog::showPreview() {
  const FigureFormat format = file().format;
  const bool picture = isPicture(format);
  width_->setEnabled(picture);
  height_->setEnabled(picture);
  dpi_->setEnabled(format == FigureFormat::Png);
  style_->setEnabled(picture);
  caption_->setEnabled(format != FigureFormat::Csv);
  note_->setText(picture ? tr("Drawn for paper. The file says what it was made from.")
                 : format == FigureFormat::Csv
                     ? tr("The numbers of the figure, just as they are drawn: %1 rows.")
                           .arg(figure_.table.rows.size())
                     : tr("The table as text, its tokens coloured."));
  if (!picture) {
    const QStringList lines =
        QString::fromUtf8(renderFile(figure_, file())).remove(u'\r').split(u'\n');
    preview_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    preview_->setText(lines.mid(0, 17).join(u'\n'));
    return;
  }
  FigureFile shown = file();
  shown.dpi = kPreviewDpi;
  preview_->setAlignment(Qt::AlignCenter);
  const QPixmap pixmap = QPixmap::fromImage(renderImage(figure_, shown));
  preview_->setPixmap(pixmap.scaled(kPreview.boundedTo(pixmap.size()), Qt::KeepAspectRatio,
                                    Qt::SmoothTransformation));
}

void ExportFigureDialog::askForPath() {
  const Format& format = formatAt(format_->currentIndex());
  auto* dialog = new QFileDialog(this, tr("Save the figure"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(QLatin1String(format.ending));
  dialog->setNameFilter(
      QStringLiteral("%1 (*.%2)").arg(QLatin1String(format.name), QLatin1String(format.ending)));
  dialog->selectFile(figure_.name + u'.' + QLatin1String(format.ending));
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    emit chosen(path, renderFile(figure_, file()));
    accept();
  });
  dialog->open();
}

}  // namespace featurescope

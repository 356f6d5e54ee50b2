// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure_export.h"

#include "core/base/error.h"
#include "core/base/version.h"
#include "ui/plots/table_text.h"

#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgGenerator>
#include <qcustomplot.h>

#include <array>
#include <cmath>
#include <utility>

namespace featurescope {

namespace {

/// Figures are laid out in pixels of this size, so that text and lines have one size in every
/// format.
constexpr double kLayoutDpi = 96;
constexpr double kMillimetresPerInch = 25.4;

int layoutPixels(double millimetres) {
  return std::max(1, static_cast<int>(std::lround(millimetres / kMillimetresPerInch * kLayoutDpi)));
}

QSize layoutSize(const FigureFile& file) {
  return {layoutPixels(file.widthMillimetres), layoutPixels(file.heightMillimetres)};
}

QString program() {
  const std::string_view version = programVersion();
  return QStringLiteral("Featurescope ") +
         QString::fromUtf8(version.data(), static_cast<qsizetype>(version.size()));
}

/// "key: value" a line.
QString provenanceText(const Figure& figure) {
  QStringList lines{QStringLiteral("program: ") + program()};
  for (const auto& [key, value] : figure.provenance) {
    lines.append(QString::fromStdString(key) + QStringLiteral(": ") +
                 QString::fromStdString(value));
  }
  return lines.join(u'\n');
}

/// Above whatever the figure has laid out.
void addHeading(QCustomPlot& plot, const QString& text, const FigureStyle& style) {
  QFont font = style.font;
  font.setWeight(QFont::DemiBold);
  auto* heading = new QCPTextElement(&plot, text, font);
  heading->setTextColor(style.colors.text);
  plot.plotLayout()->insertRow(0);
  plot.plotLayout()->addElement(0, 0, heading);
}

void paint(const Figure& figure, bool heading, QCPPainter& painter, const QSize& size) {
  QCustomPlot plot;
  const FigureStyle style = FigureStyle::paper();
  figure.draw(plot, style);
  if (heading) addHeading(plot, figure.title, style);
  plot.toPainter(&painter, size.width(), size.height());
}

/// Replaces what differs from one writing to the next by as many other bytes, so that the offsets
/// in the file stay true.
void settle(QByteArray& pdf, const QRegularExpression& pattern, char filler) {
  QString text = QString::fromLatin1(pdf);
  auto matches = pattern.globalMatch(text);
  while (matches.hasNext()) {
    const auto match = matches.next();
    for (qsizetype i = match.capturedStart(1); i < match.capturedEnd(1); ++i) {
      if (QChar(u'-') != text[i]) pdf[i] = filler;
    }
  }
}

QByteArray renderPdf(const Figure& figure, const FigureFile& file) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setCreator(program());
    writer.setTitle(figure.title + QStringLiteral("\n") + provenanceText(figure));
    writer.setResolution(static_cast<int>(kLayoutDpi * 10));
    writer.setPageSize(QPageSize(QSizeF(file.widthMillimetres, file.heightMillimetres),
                                 QPageSize::Millimeter, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    QCPPainter painter(&writer);
    painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching |
                     QCPPainter::pmNonCosmetic);
    painter.scale(10, 10);
    paint(figure, file.heading, painter, layoutSize(file));
  }
  static const QRegularExpression kDate(QStringLiteral("/CreationDate \\(D:(\\d{14})"));
  static const QRegularExpression kId(
      QStringLiteral("uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"));
  settle(bytes, kDate, '0');
  settle(bytes, kId, '0');
  return bytes;
}

QByteArray renderSvg(const Figure& figure, const FigureFile& file) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator generator;
  const QSize size = layoutSize(file);
  generator.setOutputDevice(&buffer);
  generator.setTitle(figure.title);
  generator.setDescription(provenanceText(figure));
  generator.setResolution(static_cast<int>(kLayoutDpi));
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(), size));
  QCPPainter painter(&generator);
  painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching | QCPPainter::pmNonCosmetic);
  paint(figure, file.heading, painter, size);
  painter.end();
  return bytes;
}

QByteArray renderPng(const Figure& figure, const FigureFile& file) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  if (!renderImage(figure, file).save(&buffer, "PNG")) {
    throw UserError(ErrorCode::Internal, "cannot make the picture", "Qt cannot encode it as PNG");
  }
  return bytes;
}

const ShownTable& tableOf(const Figure& figure) {
  if (figure.shown) return *figure.shown;
  throw UserError(ErrorCode::Unsupported, "cannot write the figure", "it is a plot, not a table",
                  "choose .pdf, .svg, .png or .csv");
}

}  // namespace

std::optional<FigureFormat> formatOf(const QString& fileName) {
  constexpr std::array<std::pair<const char*, FigureFormat>, 6> kEndings{
      {{".pdf", FigureFormat::Pdf},
       {".svg", FigureFormat::Svg},
       {".png", FigureFormat::Png},
       {".csv", FigureFormat::Csv},
       {".tex", FigureFormat::Latex},
       {".md", FigureFormat::Markdown}}};
  for (const auto& [ending, format] : kEndings) {
    if (fileName.endsWith(QLatin1String(ending), Qt::CaseInsensitive)) return format;
  }
  return std::nullopt;
}

QImage renderImage(const Figure& figure, const FigureFile& file) {
  const double scale = file.dpi / kLayoutDpi;
  const QSize size = layoutSize(file);
  QImage image(size * scale, QImage::Format_RGB32);
  image.fill(Qt::white);
  QCPPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching | QCPPainter::pmNonCosmetic);
  painter.scale(scale, scale);
  paint(figure, file.heading, painter, size);
  painter.end();
  const auto perMetre = static_cast<int>(std::lround(file.dpi / kMillimetresPerInch * 1000));
  image.setDotsPerMeterX(perMetre);
  image.setDotsPerMeterY(perMetre);
  image.setText(QStringLiteral("Title"), figure.title);
  image.setText(QStringLiteral("Software"), program());
  image.setText(QStringLiteral("Description"), provenanceText(figure));
  return image;
}

QByteArray renderFile(const Figure& figure, const FigureFile& file) {
  switch (file.format) {
    case FigureFormat::Pdf:
      return renderPdf(figure, file);
    case FigureFormat::Svg:
      return renderSvg(figure, file);
    case FigureFormat::Png:
      return renderPng(figure, file);
    case FigureFormat::Csv:
      return QByteArray::fromStdString(toCsv(figure.table));
    case FigureFormat::Latex:
      return QByteArray::fromStdString(toLatex(tableOf(figure)));
    case FigureFormat::Markdown:
      return QByteArray::fromStdString(toMarkdown(tableOf(figure)));
  }
  return {};
}

}  // namespace featurescope

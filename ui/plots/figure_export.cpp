// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure_export.h"

#include "core/base/error.h"
#include "core/base/version.h"
#include "ui/plots/table_text.h"

#include <QBuffer>
#include <QFontMetricsF>
#include <QPageSize>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgGenerator>
#include <qcustomplot.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

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

/// Text below a figure, as wide as it is.
class CaptionElement final : public QCPLayoutElement {
 public:
  CaptionElement(QCustomPlot* plot, QString text, const FigureStyle& style)
      : QCPLayoutElement(plot),
        text_(std::move(text)),
        font_(style.font),
        color_(style.colors.dim) {
    setMargins(QMargins());
  }

  /// Pixels that it takes at a width of so many.
  [[nodiscard]] static int height(const QString& text, const QFont& font, int width) {
    const QRectF room(0, 0, width - 2 * kAround, 1e6);
    return static_cast<int>(
        std::ceil(QFontMetricsF(font).boundingRect(room, kFlags, text).height() + 2 * kAround));
  }

 protected:
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
    painter->setAntialiasing(false);
  }
  void draw(QCPPainter* painter) override {
    painter->setFont(font_);
    painter->setPen(color_);
    painter->drawText(QRectF(rect()).adjusted(kAround, kAround, -kAround, 0), kFlags, text_);
  }

 private:
  static constexpr double kAround = 6;
  static constexpr int kFlags = Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap;

  QString text_;
  QFont font_;
  QColor color_;
};

/// Below whatever the figure has laid out.
void addCaption(QCustomPlot& plot, const QString& text, const FigureStyle& style, int width) {
  auto* caption = new CaptionElement(&plot, text, style);
  const int height = CaptionElement::height(text, style.font, width);
  caption->setMinimumSize(0, height);
  caption->setMaximumSize(QWIDGETSIZE_MAX, height);
  plot.plotLayout()->addElement(plot.plotLayout()->rowCount(), 0, caption);
}

/// The curves of too many points.
std::vector<QCPGraph*> heavyCurves(const QCustomPlot& plot) {
  std::vector<QCPGraph*> heavy;
  heavy.reserve(static_cast<std::size_t>(plot.graphCount()));
  for (int i = 0; i < plot.graphCount(); ++i) {
    if (plot.graph(i)->dataCount() > kMostVectorMarks) heavy.push_back(plot.graph(i));
  }
  return heavy;
}

/// Everything but the heavy curves, and over it a picture of these, as large as the axes enclose.
void paintWithPicture(QCustomPlot& plot, const std::vector<QCPGraph*>& heavy, int dpi,
                      QCPPainter& painter, const QSize& size) {
  for (QCPGraph* graph : heavy) graph->setVisible(false);
  plot.toPainter(&painter, size.width(), size.height());
  const QRect inside = plot.axisRect()->rect();

  for (int i = 0; i < plot.graphCount(); ++i) plot.graph(i)->setVisible(false);
  for (int i = 0; i < plot.itemCount(); ++i) plot.item(i)->setVisible(false);
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) axis->grid()->setVisible(false);
  for (QCPGraph* graph : heavy) {
    graph->setVisible(true);
    graph->setAdaptiveSampling(false);
  }
  plot.setBackground(Qt::NoBrush);
  const double scale = dpi / kLayoutDpi;
  QImage picture(inside.size() * scale, QImage::Format_ARGB32_Premultiplied);
  picture.fill(Qt::transparent);
  QCPPainter onPicture(&picture);
  onPicture.setModes(QCPPainter::pmNoCaching | QCPPainter::pmNonCosmetic);
  onPicture.scale(scale, scale);
  onPicture.translate(-inside.topLeft());
  plot.toPainter(&onPicture, size.width(), size.height());
  onPicture.end();
  painter.setRenderHint(QPainter::LosslessImageRendering);
  painter.drawImage(QRectF(inside), picture);
}

void paint(const Figure& figure, const FigureFile& file, QCPPainter& painter, const QSize& size) {
  QCustomPlot plot;
  const FigureStyle style = FigureStyle::of(file.look);
  figure.draw(plot, style);
  if (file.heading) addHeading(plot, figure.title, style);
  if (file.caption && !figure.caption.isEmpty()) {
    addCaption(plot, figure.caption, style, size.width());
  }
  const bool vector = file.format == FigureFormat::Pdf || file.format == FigureFormat::Svg;
  const auto heavy = vector ? heavyCurves(plot) : std::vector<QCPGraph*>();
  if (!heavy.empty()) {
    paintWithPicture(plot, heavy, file.dpi, painter, size);
  } else {
    plot.toPainter(&painter, size.width(), size.height());
  }
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
    paint(figure, file, painter, layoutSize(file));
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
  paint(figure, file, painter, size);
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

QString captionOf(const Figure& figure, const FigureFile& file) {
  return file.caption ? figure.caption : QString();
}

}  // namespace

double naturalHeight(const Figure& figure, const FigureFile& file) {
  const double height = figure.heightAt(file.widthMillimetres);
  if (!file.caption || figure.caption.isEmpty()) return height;
  return height + CaptionElement::height(figure.caption, FigureStyle::of(file.look).font,
                                         layoutPixels(file.widthMillimetres)) *
                      kMillimetresPerInch / kLayoutDpi;
}

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
  paint(figure, file, painter, size);
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
      return QByteArray::fromStdString(toLatex(tableOf(figure), captionOf(figure, file)));
    case FigureFormat::Markdown:
      return QByteArray::fromStdString(toMarkdown(tableOf(figure), captionOf(figure, file)));
  }
  return {};
}

}  // namespace featurescope

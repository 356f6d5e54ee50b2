// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/table_figure.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <qcustomplot.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace featurescope {

namespace {

constexpr double kLineHeight = 1.6;    ///< of a row, in heights of the font
constexpr double kColumnGap = 10;      ///< pixels between columns
constexpr double kMargin = 6;          ///< around the table, in pixels
constexpr std::size_t kMostRows = 40;  ///< that a figure is made high enough for
constexpr double kMillimetresPerPixel = 25.4 / 96;

double rowHeight(const QFont& font) { return QFontMetricsF(font).height() * kLineHeight; }

/// How wide a column may be for all to have room.
double levelOf(std::vector<double> widths, double room) {
  std::ranges::sort(widths);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const double share = room / static_cast<double>(widths.size() - i);
    if (widths[i] > share) return share;
    room -= widths[i];
  }
  return std::numeric_limits<double>::infinity();
}

/// Lays the table out when it is painted: only then is its size known.
class TableElement final : public QCPLayoutElement {
 public:
  TableElement(QCustomPlot* plot, ShownTable table, FigureStyle style)
      : QCPLayoutElement(plot), table_(std::move(table)), style_(std::move(style)) {
    setMargins(QMargins());
  }

 protected:
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
    painter->setAntialiasing(false);
  }

  void draw(QCPPainter* painter) override {
    const QRectF area = QRectF(rect()).adjusted(kMargin, kMargin, -kMargin, -kMargin);
    const double high = rowHeight(style_.font);
    const auto room = static_cast<std::size_t>(std::max(0.0, area.height() / high - 1));
    const bool all = table_.count <= room;
    const std::size_t shown =
        std::min(table_.rows.size(), all ? room : std::max<std::size_t>(room, 1) - 1);
    const std::vector<double> widths = columnWidths(shown, area.width());
    QFont bold = style_.font;
    bold.setWeight(QFont::DemiBold);
    painter->setFont(bold);
    std::vector<ShownTable::Cell> titles;
    titles.reserve(table_.columns.size());
    for (const auto& column : table_.columns) titles.emplace_back(column.title);
    drawRow(*painter, QRectF(area.topLeft(), QSizeF(area.width(), high)), widths, titles);
    painter->setFont(style_.font);
    double y = area.top() + high;
    for (std::size_t row = 0; row < shown; ++row, y += high) {
      drawRow(*painter, QRectF(area.left(), y, area.width(), high), widths, table_.rows[row]);
    }
    if (!all) {
      painter->setPen(style_.colors.dim);
      painter->drawText(
          QRectF(area.left(), y, area.width(), high), Qt::AlignLeft | Qt::AlignVCenter,
          QCoreApplication::translate("TableFigure", "and %1 rows more").arg(table_.count - shown));
      y += high;
    }
    painter->setPen(QPen(style_.colors.text, 0.8));
    for (const double rule : {area.top(), area.top() + high, y}) {
      painter->drawLine(QLineF(area.left(), rule, area.right(), rule));
    }
  }

 private:
  /// What each column needs and an equal part of what is left, but for columns of coloured tokens,
  /// which stay beside their context; where that is too much, the widest give way.
  [[nodiscard]] std::vector<double> columnWidths(std::size_t shown, double room) const {
    QFont bold = style_.font;
    bold.setWeight(QFont::DemiBold);
    const QFontMetricsF head(bold);
    const QFontMetricsF body(style_.font);
    std::vector<double> widths;
    widths.reserve(table_.columns.size());
    for (std::size_t column = 0; column < table_.columns.size(); ++column) {
      double width = head.horizontalAdvance(table_.columns[column].title);
      for (std::size_t row = 0; row < shown; ++row) {
        width = std::max(width, body.horizontalAdvance(table_.rows[row][column].text));
      }
      widths.push_back(width + kColumnGap);
    }
    const double most = levelOf(widths, room);
    for (double& width : widths) width = std::min(width, most);
    const double total = std::accumulate(widths.begin(), widths.end(), 0.0);
    std::vector<std::size_t> growing;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const bool colored = std::ranges::any_of(
          table_.rows, [column](const auto& row) { return row[column].strength > 0; });
      if (!colored) growing.push_back(column);
    }
    for (const std::size_t column : growing) {
      widths[column] += std::max(0.0, room - total) / static_cast<double>(growing.size());
    }
    return widths;
  }

  void drawRow(QCPPainter& painter, const QRectF& line, const std::vector<double>& widths,
               const std::vector<ShownTable::Cell>& cells) const {
    const QFontMetricsF metrics(painter.font());
    double x = line.left();
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const QRectF cell(x + kColumnGap / 2, line.top(), widths[column] - kColumnGap, line.height());
      const bool right = table_.columns[column].right;
      const QString text = metrics.elidedText(
          cells[column].text, right ? Qt::ElideLeft : Qt::ElideRight, cell.width() + 1);
      if (cells[column].strength > 0) {
        drawGround(painter, cell, metrics.horizontalAdvance(text), cells[column].strength);
      }
      painter.setPen(style_.colors.text);
      painter.drawText(cell, (right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter, text);
      x += widths[column];
    }
  }

  /// Behind a token, as wide as it is.
  void drawGround(QCPPainter& painter, const QRectF& cell, double width, double strength) const {
    constexpr double kAround = 3;
    painter.setPen(Qt::NoPen);
    painter.setBrush(mixed(style_.colors.background, style_.colors.activation, strength));
    painter.drawRoundedRect(
        QRectF(cell.left() - kAround, cell.top() + 1, width + 2 * kAround, cell.height() - 2), 3,
        3);
  }

  ShownTable table_;
  FigureStyle style_;
};

}  // namespace

void draw(QCustomPlot& plot, const ShownTable& table, const FigureStyle& style) {
  plot.setBackground(style.colors.background);
  plot.plotLayout()->clear();
  plot.plotLayout()->addElement(0, 0, new TableElement(&plot, table, style));
}

Figure makeFigure(const QString& name, const QString& title, ShownTable shown, FigureTable exact) {
  shown.count = exact.rows.size();
  Figure figure;
  figure.name = name;
  figure.title = title;
  const auto lines = static_cast<double>(std::min(shown.rows.size(), kMostRows) + 1);
  figure.fixedHeight =
      ((lines + 0.5) * rowHeight(FigureStyle::paper().font) + 2 * kMargin) * kMillimetresPerPixel;
  figure.draw = [shown](QCustomPlot& plot, const FigureStyle& style) { draw(plot, shown, style); };
  figure.shown = std::move(shown);
  figure.table = std::move(exact);
  return figure;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/table_text.h"

#include "ui/plots/figure_style.h"

#include <QCoreApplication>

#include <fmt/format.h>

#include <functional>
#include <string_view>

namespace featurescope {

namespace {

QColor groundOf(const ShownTable::Cell& cell) {
  const PlotColors colors = FigureStyle::paper().colors;
  return mixed(colors.background, colors.activation, cell.strength);
}

/// What LaTeX would take for its own, and what its usual fonts lack.
std::string latexEscaped(const QString& text) {
  QString result;
  for (const QChar c : text) {
    switch (c.unicode()) {
      case u'\\':
        result += QLatin1String("\\textbackslash{}");
        break;
      case u'~':
        result += QLatin1String("\\textasciitilde{}");
        break;
      case u'^':
        result += QLatin1String("\\textasciicircum{}");
        break;
      case u'<':
      case u'>':
      case u'|':
        result += QLatin1String("$") + (c == u'|' ? QString("\\vert") : QString(c)) + u'$';
        break;
      case u'#':
      case u'$':
      case u'%':
      case u'&':
      case u'_':
      case u'{':
      case u'}':
        result += QLatin1String("\\") + c;
        break;
      case 0x00B7:  // · a space
        result += QLatin1String("\\textperiodcentered{}");
        break;
      case 0x21B5:  // ↵ a newline
        result += QLatin1String("$\\hookleftarrow$");
        break;
      case 0x2192:  // → a tab
        result += QLatin1String("$\\rightarrow$");
        break;
      case 0x2212:  // −
        result += QLatin1String("$-$");
        break;
      case u'-':  // two would become a dash
        result += QLatin1String("{-}");
        break;
      case u'"':
        result += QLatin1String("\\textquotedbl{}");
        break;
      default:
        result += c;
    }
  }
  return result.toStdString();
}

std::string styleOf(const ShownTable::Cell& cell) {
  return "background:" + groundOf(cell).name().toStdString() + ";color:#000";
}

/// The last row of a table that shows only its first ones; empty of one that shows all.
QString restOf(const ShownTable& table) {
  if (table.count <= table.rows.size()) return {};
  return QCoreApplication::translate("TableFigure", "and %1 rows more")
      .arg(table.count - table.rows.size());
}

using Write = std::function<std::string(const ShownTable::Cell&)>;

std::string joined(const std::vector<ShownTable::Cell>& cells, std::string_view between,
                   const Write& write) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += between;
    line += write(cells[i]);
  }
  return line;
}

std::vector<ShownTable::Cell> headOf(const ShownTable& table) {
  std::vector<ShownTable::Cell> head;
  head.reserve(table.columns.size());
  for (const auto& column : table.columns) head.emplace_back(column.title);
  return head;
}

}  // namespace

std::string toLatex(const ShownTable& table, const QString& caption) {
  const Write write = [](const ShownTable::Cell& cell) {
    if (cell.strength <= 0) return latexEscaped(cell.text);
    const std::string color = groundOf(cell).name().mid(1).toUpper().toStdString();
    return "\\colorbox[HTML]{" + color + "}{" + latexEscaped(cell.text) + "}";
  };
  std::string text = "% needs \\usepackage{booktabs} and \\usepackage{xcolor}\n";
  if (!caption.isEmpty()) text += "\\begin{table}\n\\centering\n";
  text += "\\begin{tabular}{";
  for (const auto& column : table.columns) text += column.right ? 'r' : 'l';
  text += "}\n\\toprule\n" + joined(headOf(table), " & ", write) + " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) text += joined(row, " & ", write) + " \\\\\n";
  if (const QString rest = restOf(table); !rest.isEmpty()) {
    text += "\\multicolumn{" + std::to_string(table.columns.size()) + "}{l}{" + latexEscaped(rest) +
            "} \\\\\n";
  }
  text += "\\bottomrule\n\\end{tabular}\n";
  if (!caption.isEmpty()) {
    text += fmt::format("\\caption{{{}}}\n\\end{{table}}\n", latexEscaped(caption));
  }
  return text;
}

std::string toMarkdown(const ShownTable& table, const QString& caption) {
  const Write write = [](const ShownTable::Cell& cell) {
    if (cell.strength <= 0) return markdownEscaped(cell.text);
    return "<mark style=\"" + styleOf(cell) + "\">" + markdownEscaped(cell.text) + "</mark>";
  };
  std::string text = "| " + joined(headOf(table), " | ", write) + " |\n|";
  for (const auto& column : table.columns) text += column.right ? " ---: |" : " --- |";
  text += "\n";
  for (const auto& row : table.rows) text += "| " + joined(row, " | ", write) + " |\n";
  if (const QString rest = restOf(table); !rest.isEmpty()) {
    std::vector<ShownTable::Cell> cells(table.columns.size());
    cells.front() = rest;
    text += "| " + joined(cells, " | ", write) + " |\n";
  }
  if (!caption.isEmpty()) text += fmt::format("\n{}\n", markdownEscaped(caption));
  return text;
}

std::string htmlEscaped(const QString& text) { return text.toHtmlEscaped().toStdString(); }

std::string markdownEscaped(const QString& text) {
  std::string result;
  for (const char c : htmlEscaped(text)) {
    if (std::string_view("\\`*_[]|~#").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string toHtml(const ShownTable& table) {
  const auto rowOf = [&](const std::vector<ShownTable::Cell>& cells, const std::string& tag) {
    std::string line = "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = htmlEscaped(cells[i].text);
      line += "<" + tag + (table.columns[i].right ? " class=\"right\">" : ">");
      line += cells[i].strength <= 0
                  ? text
                  : "<mark style=\"" + styleOf(cells[i]) + "\">" + text + "</mark>";
      line += "</" + tag + ">";
    }
    return line + "</tr>\n";
  };
  std::string text = "<table>\n<thead>" + rowOf(headOf(table), "th") + "</thead>\n<tbody>\n";
  for (const auto& row : table.rows) text += rowOf(row, "td");
  if (const QString rest = restOf(table); !rest.isEmpty()) {
    text += "<tr><td colspan=\"" + std::to_string(table.columns.size()) + "\">" +
            htmlEscaped(rest) + "</td></tr>\n";
  }
  return text + "</tbody>\n</table>\n";
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure.h"

#include "core/base/csv.h"

namespace featurescope {

std::string toCsv(const FigureTable& table) {
  std::string csv = csvRow(table.header);
  for (const auto& row : table.rows) csv += csvRow(row);
  return csv;
}

QString toTabSeparated(const FigureTable& table) {
  const auto line = [](const std::vector<std::string>& fields) {
    QStringList texts;
    for (const std::string& field : fields) {
      texts.append(QString::fromStdString(field).replace(u'\t', u' ').replace(u'\n', u' '));
    }
    return texts.join(u'\t') + u'\n';
  };
  QString text = line(table.header);
  for (const auto& row : table.rows) text += line(row);
  return text;
}

}  // namespace featurescope

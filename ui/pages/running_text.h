// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string>

namespace featurescope {

/// A displayed token as the text it stands for: leading dots are spaces, ↵ a line's end, → a tab.
[[nodiscard]] inline QString runningText(const std::string& token) {
  QString text = QString::fromStdString(token);
  for (qsizetype i = 0; i < text.size() && text[i] == QChar(0x00B7); ++i) text[i] = u' ';
  return text.replace(QChar(0x21B5), u'\n').replace(QChar(0x2192), u'\t');
}

}  // namespace featurescope

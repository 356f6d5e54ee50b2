// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string>

namespace featurescope {

/// A displayed token within a line of text: its leading dots are the spaces they stand for.
[[nodiscard]] inline QString spacedText(QString token) {
  for (qsizetype i = 0; i < token.size() && token[i] == QChar(0x00B7); ++i) token[i] = u' ';
  return token;
}

[[nodiscard]] inline QString spacedText(const std::string& token) {
  return spacedText(QString::fromStdString(token));
}

/// A displayed token as the text it stands for: leading dots are spaces, ↵ a line's end, → a tab.
[[nodiscard]] inline QString runningText(const std::string& token) {
  return spacedText(token).replace(QChar(0x21B5), u'\n').replace(QChar(0x2192), u'\t');
}

}  // namespace featurescope

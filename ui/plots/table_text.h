// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/shown_table.h"

#include <string>

namespace featurescope {

/// A table as text that other programs set, its coloured cells coloured as on paper. UTF-8; a count
/// of rows that are not among the shown ones stands in a last row.

/// A tabular to take in by "input": needs the packages booktabs and xcolor, and any engine that
/// reads UTF-8. With a caption it is a table of its own around that, which floats.
[[nodiscard]] std::string toLatex(const ShownTable& table, const QString& caption = {});
/// A pipe table; colours are styled `mark` elements, which viewers without HTML styles show as
/// marked. The caption is a paragraph below.
[[nodiscard]] std::string toMarkdown(const ShownTable& table, const QString& caption = {});
/// A `table` element; numbers have the class "right".
[[nodiscard]] std::string toHtml(const ShownTable& table);

/// Text with what HTML, or Markdown, would take for its own escaped; of HTML also for attributes.
[[nodiscard]] std::string htmlEscaped(const QString& text);
[[nodiscard]] std::string markdownEscaped(const QString& text);

}  // namespace featurescope

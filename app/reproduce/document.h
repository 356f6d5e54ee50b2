// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/shown_table.h"

#include <string>
#include <variant>
#include <vector>

namespace featurescope::reproduction {

/// A report as its parts, which the two writers below set. All text is UTF-8.
struct Document {
  struct Run {
    enum class Style { Plain, Strong, Code, Link };
    std::string text;
    Style style = Style::Plain;
    std::string target = {};  ///< of a link: relative to the document, or #ID of a heading
  };
  using Text = std::vector<Run>;

  struct Heading {
    int level = 2;  ///< 1 is the title's
    std::string text, id;
  };
  struct Paragraph {
    Text text;
  };
  struct Picture {
    std::string alternative;  ///< for who cannot see it
    std::string file;         ///< relative to the document
    std::string svg;          ///< its bytes, for a document that stands alone
  };
  struct Table {
    ShownTable table;
  };
  using Block = std::variant<Heading, Paragraph, Picture, Table>;

  std::string title;
  std::vector<Block> blocks;
};

/// One file that needs no other: styles and pictures are in it, and nothing is loaded.
[[nodiscard]] std::string toHtml(const Document& document);
/// GitHub's Markdown, whose pictures lie beside it.
[[nodiscard]] std::string toMarkdown(const Document& document);

}  // namespace featurescope::reproduction

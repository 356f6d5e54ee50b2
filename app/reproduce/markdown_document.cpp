// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/document.h"
#include "ui/plots/table_text.h"

#include <fmt/format.h>

namespace featurescope::reproduction {

namespace {

std::string escaped(const std::string& text) {
  return markdownEscaped(QString::fromStdString(text));
}

std::string written(const Document::Text& text) {
  std::string markdown;
  for (const Document::Run& run : text) {
    switch (run.style) {
      case Document::Run::Style::Plain:
        markdown += escaped(run.text);
        break;
      case Document::Run::Style::Strong:
        markdown += fmt::format("**{}**", escaped(run.text));
        break;
      case Document::Run::Style::Code:
        markdown += fmt::format("`{}`", run.text);
        break;
      case Document::Run::Style::Link:
        markdown += fmt::format("[{}]({})", escaped(run.text), run.target);
        break;
    }
  }
  return markdown;
}

struct BlockWriter {
  std::string operator()(const Document::Heading& heading) const {
    return fmt::format("{:#<{}} {}\n", "", heading.level, escaped(heading.text));
  }
  std::string operator()(const Document::Paragraph& paragraph) const {
    return written(paragraph.text) + "\n";
  }
  std::string operator()(const Document::Picture& picture) const {
    return fmt::format("![{}]({})\n", escaped(picture.alternative), picture.file);
  }
  std::string operator()(const Document::Table& table) const {
    return featurescope::toMarkdown(table.table);
  }
};

}  // namespace

std::string toMarkdown(const Document& document) {
  std::string markdown = fmt::format("# {}\n", escaped(document.title));
  for (const Document::Block& block : document.blocks) {
    markdown += fmt::format("\n{}", std::visit(BlockWriter{}, block));
  }
  return markdown;
}

}  // namespace featurescope::reproduction

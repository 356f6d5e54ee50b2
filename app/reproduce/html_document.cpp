// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/document.h"
#include "ui/plots/table_text.h"

#include <QByteArray>

#include <fmt/format.h>

namespace featurescope::reproduction {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --text: #26262b; --dim: #62626b; --line: #dcdcd8;
  --ground: #ffffff; --link: #2c5a8c; --code: #f3f3f1; }
@media (prefers-color-scheme: dark) { :root { --text: #e3e3e6; --dim: #a3a3ac; --line: #35363a;
  --ground: #17181a; --link: #8abaf0; --code: #202124; } }
html { font: 16px/1.55 Inter, "Noto Sans", system-ui, sans-serif; color: var(--text);
  background: var(--ground); }
body { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1rem 0; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2.5rem 0 .75rem; }
h2 + h3 { margin-top: 1.5rem; }
p { margin: .6rem 0; max-width: 46rem; }
a { color: var(--link); }
code { font: .86em ui-monospace, "DejaVu Sans Mono", monospace; background: var(--code);
  padding: .1em .3em; border-radius: 3px; overflow-wrap: anywhere; }
nav { columns: 18rem 2; margin: 1.5rem 0; }
nav a { display: block; text-decoration: none; } nav a:hover { text-decoration: underline; }
nav a.inner { padding-left: 1.2rem; } nav div { break-inside: avoid; }
figure { margin: 1rem 0; }
figure img { display: block; box-sizing: border-box; width: 30rem; max-width: 100%;
  background: #fff; border-radius: 6px; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .84rem; line-height: 1.4;
  min-width: min(34rem, 100%); }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom: 1px solid var(--text); border-top: 1.5px solid var(--text); }
tbody tr:last-child td { border-bottom: 1.5px solid var(--text); }
tbody tr + tr td { border-top: 1px solid var(--line); }
.right { text-align: right; font-variant-numeric: tabular-nums; }
mark { border-radius: 3px; padding: .05em .25em; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
@media screen { #numbers + .table table { min-width: 48rem; }
  #settings + .table table { min-width: 36rem; } }
@media (prefers-color-scheme: dark) { figure img { padding: .75rem; } }
@media print { :root { color-scheme: light; --text: #000; --dim: #444; --line: #ccc;
    --ground: #fff; --link: #000; --code: #fff; }
  html { font-size: 10pt; } body { padding: 0; } nav { display: none; }
  h2, h3 { break-after: avoid; } figure, tr, p { break-inside: avoid; }
  figure { break-after: avoid; } figure img { width: 89mm; padding: 0; } }
)";

std::string escaped(const std::string& text) { return htmlEscaped(QString::fromStdString(text)); }

std::string written(const Document::Text& text) {
  std::string html;
  for (const Document::Run& run : text) {
    switch (run.style) {
      case Document::Run::Style::Plain:
        html += escaped(run.text);
        break;
      case Document::Run::Style::Strong:
        html += "<strong>" + escaped(run.text) + "</strong>";
        break;
      case Document::Run::Style::Code:
        html += "<code>" + escaped(run.text) + "</code>";
        break;
      case Document::Run::Style::Link:
        html += fmt::format("<a href=\"{}\">{}</a>", escaped(run.target), escaped(run.text));
        break;
    }
  }
  return html;
}

struct BlockWriter {
  std::string operator()(const Document::Heading& heading) const {
    return fmt::format("<h{0} id=\"{1}\">{2}</h{0}>\n", heading.level, escaped(heading.id),
                       escaped(heading.text));
  }
  std::string operator()(const Document::Paragraph& paragraph) const {
    return "<p>" + written(paragraph.text) + "</p>\n";
  }
  std::string operator()(const Document::Picture& picture) const {
    const QByteArray bytes = QByteArray::fromStdString(picture.svg).toBase64();
    return fmt::format("<figure><img alt=\"{}\" src=\"data:image/svg+xml;base64,{}\"></figure>\n",
                       escaped(picture.alternative), bytes.toStdString());
  }
  std::string operator()(const Document::Table& table) const {
    return "<div class=\"table\">" + featurescope::toHtml(table.table) + "</div>\n";
  }
};

/// A link to each heading; a section with its parts stays in one column.
std::string contentsOf(const Document& document) {
  std::string html;
  for (const Document::Block& block : document.blocks) {
    const auto* heading = std::get_if<Document::Heading>(&block);
    if (heading == nullptr) continue;
    const bool inner = heading->level > 2;
    if (!inner) html += html.empty() ? "<div>\n" : "</div>\n<div>\n";
    html += fmt::format("<a{} href=\"#{}\">{}</a>\n", inner ? " class=\"inner\"" : "",
                        escaped(heading->id), escaped(heading->text));
  }
  return "<nav aria-label=\"Contents\">\n" + html + "</div>\n</nav>\n";
}

}  // namespace

std::string toHtml(const Document& document) {
  const std::string title = escaped(document.title);
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{2}",
      title, kStyle, contentsOf(document));
  for (const Document::Block& block : document.blocks) html += std::visit(BlockWriter{}, block);
  return html + "</body>\n</html>\n";
}

}  // namespace featurescope::reproduction

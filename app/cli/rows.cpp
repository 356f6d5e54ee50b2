// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/rows.h"

#include "app/cli/terminal.h"
#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace featurescope::cli {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestText = 20;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string exactNumber(auto value, const char* otherwise) {
  return std::isfinite(value) ? shortest(value) : otherwise;
}

std::string jsonValue(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string("null"); },
                               [](bool value) { return std::string(value ? "true" : "false"); },
                               [](std::int64_t value) { return std::to_string(value); },
                               [](float value) { return exactNumber(value, "null"); },
                               [](double value) { return exactNumber(value, "null"); },
                               [](const Text& value) { return quoted(value.text); }},
                    cell);
}

std::string csvValue(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string(); },
                               [](bool value) { return std::string(value ? "1" : "0"); },
                               [](std::int64_t value) { return std::to_string(value); },
                               [](float value) { return exactNumber(value, ""); },
                               [](double value) { return exactNumber(value, ""); },
                               [](const Text& value) { return value.text; }},
                    cell);
}

std::string rounded(double value) { return value == 0 ? "0" : fmt::format("{:#.5g}", value); }

std::string readable(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string("-"); },
                               [](bool value) { return std::string(value ? "yes" : "no"); },
                               [](std::int64_t value) { return std::to_string(value); },
                               [](float value) { return rounded(value); },
                               [](double value) { return rounded(value); },
                               [](const Text& value) { return withoutControls(value.text); }},
                    cell);
}

bool isText(const Cell& cell) { return std::holds_alternative<Text>(cell); }

struct Column {
  std::size_t width = 0;
  bool text = false;
};

std::vector<Column> measured(const RowTable& table) {
  std::vector<Column> columns;
  for (const std::string& name : table.columns) columns.push_back({displayWidth(name), false});
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      columns[i].width = std::max(columns[i].width, displayWidth(readable(row[i])));
      columns[i].text = columns[i].text || isText(row[i]);
    }
  }
  return columns;
}

/// Narrows the widest column of text until a row fits into `available` columns.
void fit(std::vector<Column>& columns, std::size_t available) {
  std::size_t total = 0;
  for (const Column& column : columns) total += column.width + kGap;
  total -= std::min(total, kGap);
  const auto widest = std::ranges::max_element(
      columns, {}, [](const Column& column) { return column.text ? column.width : 0; });
  if (total <= available || widest == columns.end() || widest->width <= kNarrowestText) return;
  const std::size_t excess = total - available;
  widest->width = std::max(kNarrowestText, widest->width - std::min(widest->width, excess));
}

/// The part of a text around its mark that fits, with "…" where something was left out.
Text cutTo(std::size_t columns, const Text& whole) {
  if (displayWidth(whole.text) <= columns) return whole;
  const std::string_view text = whole.text;
  const std::string_view before = text.substr(0, whole.markBegin);
  const std::string_view mark = text.substr(whole.markBegin, whole.markBytes);
  const std::string_view after = text.substr(whole.markBegin + whole.markBytes);
  const std::size_t room = columns - std::min(columns, displayWidth(mark) + 2);
  const std::size_t left = std::min(displayWidth(before),
                                    std::max(room / 2, room - std::min(room, displayWidth(after))));
  std::string head = fittedFromEnd(left, before);
  if (head.size() < before.size()) head = "…" + head;
  Text cut{head + std::string(mark), head.size(), mark.size()};
  const std::size_t rest = columns - std::min(columns, displayWidth(cut.text));
  if (displayWidth(after) <= rest) {
    cut.text += after;
  } else if (rest > 0) {
    cut.text += fittedTo(rest - 1, after) + "…";
  }
  return cut;
}

std::string styled(const Text& text, bool styles) {
  if (!styles || text.markBytes == 0) return text.text;
  std::string result = text.text;
  result.insert(text.markBegin + text.markBytes, "\x1b[0m");
  result.insert(text.markBegin, "\x1b[1;33m");
  return result;
}

std::string padded(const Cell& cell, const Column& column, bool last, bool styles) {
  if (!isText(cell)) {
    const std::string text = readable(cell);
    return std::string(column.width - std::min(column.width, text.size()), ' ') + text;
  }
  Text whole = std::get<Text>(cell);
  whole.text = withoutControls(std::move(whole.text));
  const Text text = cutTo(column.width, whole);
  const std::size_t used = std::min(column.width, displayWidth(text.text));
  return styled(text, styles) + std::string(last ? 0 : column.width - used, ' ');
}

}  // namespace

void printJson(const RowTable& table, Output& output) {
  std::vector<std::string> keys;
  for (const std::string& column : table.columns) keys.push_back(quoted(column) + ":");
  output.write("{\"rows\":[");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    output.write(r == 0 ? "{" : ",{");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      output.write((i == 0 ? "" : ",") + keys[i] + jsonValue(table.rows[r][i]));
    }
    output.write("}");
  }
  output.write("]");
  for (const auto& [key, value] : table.more.items()) {
    output.write(fmt::format(",{}:{}", quoted(key), value.dump()));
  }
  output.write("}\n");
}

std::string toCsv(const RowTable& table) {
  std::string text = csvRow(table.columns);
  std::vector<std::string> fields(table.columns.size());
  for (const auto& row : table.rows) {
    std::ranges::transform(row, fields.begin(), csvValue);
    text += csvRow(fields);
  }
  return text;
}

void printAligned(const RowTable& table, Output& output) {
  std::vector<Column> columns = measured(table);
  if (isTerminal(STDOUT_FILENO)) fit(columns, terminalWidth(STDOUT_FILENO));
  const bool styles = showsStyles(STDOUT_FILENO);
  const std::string gap(kGap, ' ');
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = table.columns[i];
    const std::string fill(columns[i].width - std::min(columns[i].width, name.size()), ' ');
    const bool last = i + 1 == columns.size();
    output.write((i == 0 ? "" : gap) + (columns[i].text ? name + (last ? "" : fill) : fill + name));
  }
  output.write("\n");
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      output.write((i == 0 ? "" : gap) + padded(row[i], columns[i], i + 1 == row.size(), styles));
    }
    output.write("\n");
  }
}

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/output.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace featurescope::cli {

/// Text of a cell; on a terminal the marked part stands out.
struct Text {
  std::string text;
  std::size_t markBegin = 0, markBytes = 0;
};

/// monostate: no value (an empty field, null). A float prints with a float32's shortest digits.
using Cell = std::variant<std::monostate, bool, std::int64_t, float, double, Text>;

/// What a row-printing verb prints.
struct RowTable {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  /// What --json tells beside the rows: an object.
  nlohmann::ordered_json more = nlohmann::ordered_json::object();
};

/// {"rows": [{column: value, …}, …], …}, columns in order, then what `more` has.
void printJson(const RowTable& table, Output& output);
/// RFC 4180 with a header row; truth as 1 and 0, numbers with their shortest exact digits.
[[nodiscard]] std::string toCsv(const RowTable& table);
/// Aligned columns, numbers to the right, rounded to be read. Where stdout is a terminal the widest
/// column of text is cut so that a row stays on its line.
void printAligned(const RowTable& table, Output& output);

}  // namespace featurescope::cli

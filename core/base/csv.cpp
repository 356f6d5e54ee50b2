// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

namespace featurescope {

std::string csvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csvRow(std::span<const std::string> fields) {
  std::string row;
  for (const std::string& field : fields) {
    if (&field != fields.data()) row += ',';
    row += csvField(field);
  }
  return row + "\r\n";
}

}  // namespace featurescope

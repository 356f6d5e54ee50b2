// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/layer_range.h"

#include "app/cli/flags.h"

#include <charconv>
#include <cstdint>

namespace featurescope::cli {

std::optional<std::int32_t> wholeNumber(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::pair<Layer, Layer> parseLayers(const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash != std::string::npos) {
    const auto first = wholeNumber(std::string_view(text).substr(0, dash));
    const auto last = wholeNumber(std::string_view(text).substr(dash + 1));
    if (first && last && *first <= *last) return {Layer{*first}, Layer{*last}};
  }
  throw wrongUsage("cannot use --layers " + text,
                   "it is not two layers from 0, joined by -, the smaller first",
                   "for instance --layers 0-7");
}

}  // namespace featurescope::cli

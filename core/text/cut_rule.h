// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace featurescope {

/// Where a text may be cut so that its parts, tokenized alone, give the tokens of the whole: before
/// an ASCII space character that follows a character which is none. There
/// - a word of the pre-tokenizer always ends, whatever follows, and its look-ahead sees no further;
/// - normalization stops, since ASCII neither joins with what precedes it nor moves;
/// - no added token lies across, as those that could are told to `keepWhole`.
class CutRule {
 public:
  void keepWhole(std::string_view addedToken);
  [[nodiscard]] bool mayCut(std::string_view text, std::size_t at) const;

 private:
  std::string spaces_ =
      " \n\t\r\v\f";  ///< those that some added token holds after a non-space are out
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/store/database.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// The vocabulary of an index as bytes: what the text is made of.
class TokenTexts {
 public:
  /// `version` of the schema; what an older one does not store is read back from how it is shown.
  /// Throws UserError{DatabaseError}.
  TokenTexts(const Database& database, int version);

  [[nodiscard]] const std::string& bytes(TokenId token) const;
  /// The tokens that a person means by `text`: those of exactly these bytes, leading "·" read as
  /// spaces; else those that hold such a "·" themselves; else those shown so. May be empty.
  [[nodiscard]] std::vector<TokenId> named(std::string_view text) const;

 private:
  const Database& database_;
  std::vector<std::string> bytes_, shown_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/token_ids_file.h"

#include "core/base/json.h"

#include <fmt/format.h>

#include <limits>

namespace featurescope {

namespace {

constexpr std::string_view kNext = "write an array of equally long arrays of token ids";

TokenId readId(const Json& value, const std::string& what) {
  if (!value.is_number_integer()) {
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("{} is not a token id", value.dump().substr(0, 40)),
                    std::string(kNext));
  }
  const bool fits = value.is_number_unsigned() &&
                    value.get<std::uint64_t>() <= std::numeric_limits<std::int32_t>::max();
  if (!fits) {
    throw UserError(ErrorCode::OutOfRange, what, fmt::format("{} is no token id", value.dump()));
  }
  return TokenId{value.get<std::int32_t>()};
}

}  // namespace

TokenBatch readTokenIds(const std::filesystem::path& path) {
  const Json rows = readJson(path);
  const std::string what = "cannot use the ids of " + path.string();
  const auto bad = [&](std::string why) {
    return UserError(ErrorCode::BadFile, what, std::move(why), std::string(kNext));
  };
  if (!rows.is_array() || rows.empty()) throw bad("it is not an array of arrays");
  TokenBatch batch;
  for (const auto& row : rows) {
    if (!row.is_array() || row.empty()) throw bad("an element of it is not an array with ids");
    if (batch.lengths.empty()) batch.length = static_cast<std::int64_t>(row.size());
    if (static_cast<std::int64_t>(row.size()) != batch.length) {
      throw bad(
          fmt::format("its first array has {} ids, another has {}", batch.length, row.size()));
    }
    for (const auto& id : row) batch.tokens.push_back(readId(id, what));
    batch.lengths.push_back(static_cast<std::int32_t>(row.size()));
  }
  return batch;
}

}  // namespace featurescope

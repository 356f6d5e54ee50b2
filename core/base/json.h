// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

using Json = nlohmann::json;

/// Parses strictly (UTF-8, no duplicate keys, no comments; at most 64 levels deep unless told).
/// `what` names the text in errors ("cannot read tokenizer.json"). Throws UserError{BadFile}.
[[nodiscard]] Json parseJson(std::string_view text, std::string_view what);
[[nodiscard]] Json readJson(const std::filesystem::path& path);

/// Writes with two-space indentation and sorted keys, atomically.
void writeJson(const std::filesystem::path& path, const Json& value);

/// The member `key` as a T, or nothing when it is absent or null.
/// Throws UserError{BadFile} "WHAT: KEY is not a …" when it has another type.
template <class T>
[[nodiscard]] std::optional<T> optionalMember(const Json& object, std::string_view key,
                                              std::string_view what) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  bool fits = true;
  if constexpr (std::is_same_v<T, bool>) {
    fits = found->is_boolean();
  } else if constexpr (std::is_integral_v<T>) {
    fits = found->is_number_integer() && (std::is_signed_v<T> || found->is_number_unsigned());
  } else if constexpr (std::is_floating_point_v<T>) {
    fits = found->is_number();
  } else if constexpr (std::is_same_v<T, std::string>) {
    fits = found->is_string();
  }
  if (fits) {
    try {
      return found->template get<T>();
    } catch (const nlohmann::json::exception&) {
      fits = false;
    }
  }
  throw UserError(ErrorCode::BadFile, std::string(what),
                  "its \"" + std::string(key) + "\" is " + found->dump().substr(0, 40) +
                      ", which has the wrong type");
}

/// As optionalMember, but absence is an error too.
template <class T>
[[nodiscard]] T member(const Json& object, std::string_view key, std::string_view what) {
  if (auto value = optionalMember<T>(object, key, what)) return *std::move(value);
  throw UserError(ErrorCode::BadFile, std::string(what), "it has no \"" + std::string(key) + "\"");
}

template <class T>
[[nodiscard]] T memberOr(const Json& object, std::string_view key, T otherwise,
                         std::string_view what) {
  return optionalMember<T>(object, key, what).value_or(std::move(otherwise));
}

}  // namespace featurescope

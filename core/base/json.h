// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace featurescope {

using Json = nlohmann::json;

/// Parses strictly (UTF-8, no duplicate keys, no comments; at most 64 levels deep unless told).
/// `what` names the text in errors ("cannot read tokenizer.json"). Throws UserError{BadFile}.
[[nodiscard]] Json parseJson(std::string_view text, std::string_view what);
[[nodiscard]] Json readJson(const std::filesystem::path& path);

/// Writes with two-space indentation and sorted keys, atomically.
void writeJson(const std::filesystem::path& path, const Json& value);

/// Whether `value` is an integer that T can hold.
template <class T>
[[nodiscard]] bool isIntegerOf(const Json& value) {
  if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
  return value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
}

/// The member `key` as a T, or nothing when it is absent or null. Throws UserError{BadFile} "WHAT:
/// its KEY is …" when it has another type, or is an integer beyond what T can hold.
template <class T>
[[nodiscard]] std::optional<T> optionalMember(const Json& object, std::string_view key,
                                              std::string_view what) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  bool fits = true;
  if constexpr (std::is_same_v<T, bool>) {
    fits = found->is_boolean();
  } else if constexpr (std::is_integral_v<T>) {
    fits = isIntegerOf<T>(*found);
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
  const bool beyond =
      std::is_integral_v<T> && !std::is_same_v<T, bool> && found->is_number_integer();
  throw UserError(ErrorCode::BadFile, std::string(what),
                  "its \"" + std::string(key) + "\" is " + found->dump().substr(0, 40) +
                      (beyond ? ", which is out of range" : ", which has the wrong type"));
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

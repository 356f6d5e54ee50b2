// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/lm/site.h"
#include "core/train/train_choices.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace featurescope {

/// A run's settings as run.json holds them: a function template shows each setting by its flag's
/// name to a visitor, which is one of the two below.

namespace setting {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

inline Json written(const std::filesystem::path& path) {
  // Absolute, so that the run can say later where its inputs were.
  return path.empty() ? Json(nullptr)
                      : Json(std::filesystem::absolute(path).lexically_normal().string());
}

template <class T>
Json written(const T& value) {
  if constexpr (IsOptional<T>::value) {
    return value ? written(*value) : Json(nullptr);
  } else if constexpr (IsVector<T>::value) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(written(item));
    return list;
  } else if constexpr (std::is_enum_v<T>) {
    return nameOf(value);
  } else {
    return value;
  }
}

}  // namespace setting

/// Fills a JSON object with the settings that it is shown.
class SettingWriter {
 public:
  template <class T>
  void field(const char* key, const T& value) {
    result[key] = setting::written(value);
  }
  void inverted(const char* key, bool value) { result[key] = !value; }
  void choice(const char* key, bool value, const char* without, const char* with) {
    result[key] = value ? with : without;
  }
  void site(const Site& value) {
    result["layer"] = value.layer.value;
    result["site"] = name(value.kind);
  }

  Json result = Json::object();
};

/// Fills the settings that it is shown from a JSON object.
class SettingReader {
 public:
  SettingReader(const Json& from, std::string_view what) : from_(from), what_(what) {
    if (!from_.is_object()) {
      throw UserError(ErrorCode::BadFile, what_, "its settings are not an object");
    }
  }

  template <class T>
  void field(const char* key, T& value) {
    read(at(key), key, value);
  }
  void inverted(const char* key, bool& value) {
    field(key, value);
    value = !value;
  }
  void choice(const char* key, bool& value, const char* without, const char* with) {
    std::string text;
    field(key, text);
    if (text != without && text != with) fail(key, text);
    value = text == with;
  }
  void site(Site& value) {
    std::int64_t layer = 0;
    std::string kind;
    field("layer", layer);
    field("site", kind);
    try {
      value = Site::fromFlags(std::to_string(layer), kind);
    } catch (const UserError& error) {
      throw UserError(ErrorCode::BadFile, what_, error.why());
    }
  }

  /// What `check` refuses about the settings that were read is wrong with the file.
  template <class Check>
  void finish(const Check& check) const {
    refuseUnknown();
    try {
      check();
    } catch (const UserError& error) {
      throw UserError(ErrorCode::BadFile, what_, error.why(), error.next());
    }
  }

 private:
  void refuseUnknown() const {
    for (const auto& [key, value] : from_.items()) {
      if (!known_.contains(key)) {
        throw UserError(ErrorCode::BadFile, what_, fmt::format("\"{}\" is no setting", key));
      }
    }
  }

  const Json& at(const char* key) {
    known_.insert(key);
    const auto found = from_.find(key);
    if (found != from_.end()) return *found;
    throw UserError(ErrorCode::BadFile, what_, fmt::format("it has no setting \"{}\"", key));
  }

  [[noreturn]] void fail(const char* key, const std::string& value) const {
    throw UserError(ErrorCode::BadFile, what_,
                    fmt::format("its setting \"{}\" cannot be {}", key, value.substr(0, 40)));
  }

  template <class T>
  void read(const Json& json, const char* key, T& value) const {
    bool fits = false;
    if constexpr (setting::IsOptional<T>::value) {
      if (json.is_null()) return value.reset();
      return read(json, key, value.emplace());
    } else if constexpr (setting::IsVector<T>::value) {
      fits = json.is_array();
      value.clear();
      for (std::size_t i = 0; fits && i < json.size(); ++i)
        read(json[i], key, value.emplace_back());
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      fits = json.is_string() || json.is_null();
      if (fits)
        value = json.is_null() ? std::filesystem::path()
                               : std::filesystem::path(json.get<std::string>());
    } else if constexpr (std::is_enum_v<T>) {
      const auto choice =
          json.is_string() ? choiceNamed<T>(json.get_ref<const std::string&>()) : std::nullopt;
      fits = choice.has_value();
      value = choice.value_or(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      fits = json.is_boolean();
      if (fits) value = json.get<bool>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      fits = json.is_string();
      if (fits) value = json.get<std::string>();
    } else if constexpr (std::is_floating_point_v<T>) {
      fits = json.is_number();
      if (fits) value = json.get<T>();
    } else {
      fits = readWhole(json, value);
    }
    if (!fits) fail(key, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  template <class T>
  static bool readWhole(const Json& json, T& value) {
    if (!json.is_number_integer()) return false;
    if (json.is_number_unsigned()) {
      const auto whole = json.get<std::uint64_t>();
      if (!std::in_range<T>(whole)) return false;
      value = static_cast<T>(whole);
      return true;
    }
    const auto whole = json.get<std::int64_t>();
    if (!std::in_range<T>(whole)) return false;
    value = static_cast<T>(whole);
    return true;
  }

  const Json& from_;
  std::string what_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/config_file.h"

#include "app/cli/flags.h"
#include "core/base/json.h"
#include "core/base/numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope::cli {

namespace {

std::string keyOf(const std::string& flag) {
  std::string key = flag.substr(2);
  std::ranges::replace(key, '-', '_');
  return key;
}

const ConfigKey& named(const std::string& key, const std::vector<ConfigKey>& keys,
                       const std::string& what) {
  std::vector<std::string> names;
  for (const ConfigKey& known : keys) {
    names.push_back(keyOf(known.flag));
    if (names.back() == key) return known;
  }
  throw wrongUsage(what, fmt::format("there is no key {}", key), didYouMean(key, names));
}

std::string valueText(const Json& value, const std::string& key, const std::string& what) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (value.is_number()) return shortest(value.get<double>());
  throw wrongUsage(what, fmt::format("\"{}\" is {}, but takes a text or a number", key,
                                     value.dump().substr(0, 40)));
}

}  // namespace

std::optional<std::filesystem::path> configPath(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i].starts_with("--config=")) return arguments[i].substr(9);
    if (arguments[i] == "--config" && i + 1 < arguments.size()) return arguments[i + 1];
  }
  return std::nullopt;
}

std::vector<std::string> argumentsOfConfig(const std::filesystem::path& path,
                                           const std::vector<ConfigKey>& keys) {
  const std::string what = "cannot use " + path.string();
  const Json config = readJson(path);
  if (!config.is_object()) throw wrongUsage(what, "it is not a JSON object of flags");
  std::vector<std::string> arguments;
  for (const auto& [key, value] : config.items()) {
    const ConfigKey& flag = named(key, keys, what);
    if (flag.givenAlready || value.is_null()) continue;
    if (!flag.takesValue) {
      if (!value.is_boolean()) {
        throw wrongUsage(what, fmt::format("\"{}\" takes true or false", key));
      }
      arguments.push_back(fmt::format("{}={}", flag.flag, value.get<bool>()));
    } else if (value.is_array()) {
      for (const Json& item : value) {
        arguments.insert(arguments.end(), {flag.flag, valueText(item, key, what)});
      }
    } else {
      arguments.insert(arguments.end(), {flag.flag, valueText(value, key, what)});
    }
  }
  return arguments;
}

}  // namespace featurescope::cli

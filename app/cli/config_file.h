// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope::cli {

/// A flag that a --config file may give.
struct ConfigKey {
  std::string flag;           ///< "--log-every"; its key is "log_every"
  bool takesValue = true;     ///< else its value is true or false
  bool givenAlready = false;  ///< the command line has it, and wins
};

/// The file that `arguments` name with --config.
[[nodiscard]] std::optional<std::filesystem::path> configPath(
    const std::vector<std::string>& arguments);

/// The JSON object of a file as arguments: {"log_every": 5, "text": ["a", "b"]} becomes
/// --log-every 5 --text a --text b. null counts as absent.
/// Throws UserError{NotFound, BadFile}, and {BadUsage} for an unknown key (naming the nearest) or a
/// value of the wrong kind.
[[nodiscard]] std::vector<std::string> argumentsOfConfig(const std::filesystem::path& path,
                                                         const std::vector<ConfigKey>& keys);

}  // namespace featurescope::cli

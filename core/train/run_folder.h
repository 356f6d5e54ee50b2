// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

enum class RunState { Running, Finished, Interrupted, Failed };
[[nodiscard]] std::string_view name(RunState state);

/// Throws UserError{OutputExists} when there is something at `path` and `force` is false or it is
/// not a run, and {CannotWrite}: called before long work starts.
void checkRunFolder(const std::filesystem::path& path, bool force);

/// A run's folder as it is written (contract, "A run folder"): run.json, metrics.csv, log.txt and
/// the result. One writer; readers may look at any time, since every file is replaced or appended
/// whole.
class RunFolder {
 public:
  /// Makes the folder; `settings` becomes run.json with state running. Replaces an old run if
  /// forced to. Throws as checkRunFolder.
  static RunFolder create(const std::filesystem::path& path, Json settings,
                          std::vector<std::string> metricColumns, bool force);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The three below throw UserError{CannotWrite}, a full disk included.
  void appendMetrics(const std::vector<std::string>& row);
  void log(std::string_view sentence);
  /// Merges `figures` into run.json and sets its state.
  void setState(RunState state, const Json& figures = Json::object());

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  Json run_;
  std::ofstream metrics_, log_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_folder.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRunFile = "run.json";

std::string now() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

UserError cannotWrite(const fs::path& path) {
  return {ErrorCode::CannotWrite, "cannot write " + path.string(),
          std::generic_category().message(errno), "free some space or choose another --out"};
}

/// An old run may be replaced, anything else that happens to lie there may not.
bool mayBeReplaced(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return true;
  if (!fs::is_directory(path, error)) return false;
  return fs::is_empty(path, error) || fs::exists(path / kRunFile, error);
}

std::ofstream openAppending(const fs::path& path) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  if (!file) throw cannotWrite(path);
  return file;
}

void appendFlushed(std::ofstream& file, std::string_view text, const fs::path& path) {
  file << text;
  file.flush();
  if (!file) throw cannotWrite(path);
}

}  // namespace

std::string_view name(RunState state) {
  switch (state) {
    case RunState::Running:
      return "running";
    case RunState::Finished:
      return "finished";
    case RunState::Interrupted:
      return "interrupted";
    case RunState::Failed:
      return "failed";
  }
  return "";
}

void checkRunFolder(const fs::path& path, bool force) {
  checkOutput(path, force);
  if (!mayBeReplaced(path)) {
    throw UserError(ErrorCode::OutputExists, "cannot overwrite " + path.string(),
                    "it is not the folder of a run", "choose another --out");
  }
}

RunFolder RunFolder::create(const fs::path& path, Json settings,
                            std::vector<std::string> metricColumns, bool force) {
  checkRunFolder(path, force);
  AtomicFolder folder(path);
  settings["started"] = now();
  settings["state"] = name(RunState::Running);
  writeJson(folder.path() / kRunFile, settings);
  writeFile(folder.path() / "metrics.csv", csvRow(metricColumns));
  writeFile(folder.path() / "log.txt", "");
  folder.commit();

  RunFolder run(path);
  run.run_ = std::move(settings);
  run.metrics_ = openAppending(path / "metrics.csv");
  run.log_ = openAppending(path / "log.txt");
  return run;
}

void RunFolder::appendMetrics(const std::vector<std::string>& row) {
  appendFlushed(metrics_, csvRow(row), path_ / "metrics.csv");
}

void RunFolder::log(std::string_view sentence) {
  appendFlushed(log_, fmt::format("{} {}\n", now(), sentence), path_ / "log.txt");
}

void RunFolder::setState(RunState state, const Json& figures) {
  run_.update(figures, /*merge_objects=*/true);
  run_["state"] = name(state);
  if (state != RunState::Running) run_["ended"] = now();
  writeJson(path_ / kRunFile, run_);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_folder.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRunFile = "run.json";
constexpr const char* kLogFile = "log.txt";

std::string now() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

/// An old run may be replaced, anything else that happens to lie there may not.
bool mayBeReplaced(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return true;
  if (!fs::is_directory(path, error)) return false;
  return fs::is_empty(path, error) || fs::exists(path / kRunFile, error);
}

/// The log of `run`, which lies at `folder`, locked.
AppendFile lockedLog(const fs::path& folder, const fs::path& run) {
  AppendFile log(folder / kLogFile, run / kLogFile);
  if (log.lock()) return log;
  throw UserError(ErrorCode::CannotWrite, "cannot write the run " + run.string(),
                  "another process is at work on it", "wait until it ends, or stop it first");
}

/// A process that was killed in the middle of a write leaves it under a hidden name.
void removeHalfWritten(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(".partial")) found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove_all(path, ignored);
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
  if (fs::exists(path / kLogFile)) static_cast<void>(lockedLog(path, path));
}

bool isBeingWritten(const fs::path& run) {
  if (!fs::exists(run / kLogFile)) return false;
  try {
    return !AppendFile(run / kLogFile).lock();
  } catch (const UserError&) {
    return false;
  }
}

RunFolder::RunFolder(fs::path path, Json description, AppendFile log)
    : path_(std::move(path)), description_(std::move(description)), log_(std::move(log)) {}

RunFolder RunFolder::create(const fs::path& path, Json description, std::vector<Table> tables,
                            bool force) {
  checkRunFolder(path, force);
  AtomicFolder folder(path);
  description["started"] = now();
  description["state"] = name(RunState::Running);
  writeJson(folder.path() / kRunFile, description);
  RunFolder run(path, std::move(description), lockedLog(folder.path(), path));
  run.headers_ = std::move(tables);
  for (const Table& table : run.headers_) {
    AppendFile file(folder.path() / table.file, path / table.file);
    file.append(table.header);
    run.tables_.emplace(table.file, std::move(file));
  }
  folder.commit();
  return run;
}

RunFolder RunFolder::open(const fs::path& path) {
  const std::string what = "cannot go on with " + path.string();
  if (!fs::is_regular_file(path / kRunFile)) {
    throw UserError(ErrorCode::NotFound, what,
                    fs::exists(path) ? "it is not the folder of a run" : "there is no such folder",
                    "name the folder that --out named");
  }
  AppendFile log = lockedLog(path, path);
  Json description = readJson(path / kRunFile);
  if (!description.is_object()) {
    throw UserError(ErrorCode::BadFile, what, "its run.json is not an object");
  }
  removeHalfWritten(path);
  removeHalfWritten(path / "checkpoints");
  return {path, std::move(description), std::move(log)};
}

void RunFolder::openTables(std::vector<Table> tables) {
  headers_ = std::move(tables);
  for (const Table& table : headers_) tables_.emplace(table.file, path_ / table.file);
}

void RunFolder::append(const std::string& table, std::string_view lines) {
  tables_.at(table).append(lines);
}

void RunFolder::log(std::string_view sentence) {
  log_.append(fmt::format("{} {}\n", now(), sentence));
}

void RunFolder::setState(RunState state, const Json& figures) {
  checkStillThere();
  description_.update(figures, /*merge_objects=*/true);
  description_["state"] = name(state);
  if (state == RunState::Running) {
    description_.erase("ended");
  } else {
    description_["ended"] = now();
  }
  if (state != RunState::Failed) description_.erase("error");
  writeJson(path_ / kRunFile, description_);
}

std::map<std::string, std::uint64_t> RunFolder::flushedLengths() {
  std::map<std::string, std::uint64_t> lengths;
  for (auto& [name, file] : tables_) {
    file.flushToDisk();
    lengths.emplace(name, file.size());
  }
  return lengths;
}

bool RunFolder::reaches(const std::map<std::string, std::uint64_t>& lengths) const {
  for (const auto& [name, file] : tables_) {
    const auto length = lengths.find(name);
    if (length == lengths.end() || file.size() < length->second) return false;
  }
  return true;
}

void RunFolder::cutTo(const std::map<std::string, std::uint64_t>& lengths) {
  for (auto& [name, file] : tables_) file.cutTo(lengths.at(name));
}

void RunFolder::clearTables() {
  for (const Table& table : headers_) {
    AppendFile& file = tables_.at(table.file);
    file.cutTo(0);
    file.append(table.header);
  }
}

}  // namespace featurescope

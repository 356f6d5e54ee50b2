// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/interrupted_runs.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/train/run_folder.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// N of "step-N"
std::int64_t stepsOf(std::string_view name) {
  constexpr std::string_view kPrefix = "step-";
  std::int64_t steps = 0;
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), steps);
  return error == std::errc{} && end == name.data() + name.size() ? steps : 0;
}

std::int64_t newestCheckpoint(const fs::path& run) {
  std::int64_t newest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", error)) {
    newest = std::max(newest, stepsOf(entry.path().filename().string()));
  }
  return newest;
}

std::optional<InterruptedRun> interrupted(const fs::path& run) {
  try {
    const Json description = readJson(run / "run.json");
    const auto state = description.value("state", std::string());
    const bool killed = state == name(RunState::Running) && !isBeingWritten(run);
    if (!killed && state != name(RunState::Interrupted) && state != name(RunState::Failed)) {
      return std::nullopt;
    }
    return InterruptedRun{run, description.value("kind", std::string()), newestCheckpoint(run)};
  } catch (const UserError&) {
    return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<fs::path> runFoldersIn(const fs::path& folder) {
  std::vector<fs::path> runs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (fs::exists(entry.path() / "run.json", error)) runs.push_back(entry.path());
  }
  std::ranges::sort(runs);
  return runs;
}

std::vector<InterruptedRun> interruptedRuns(std::span<const fs::path> runs) {
  std::vector<InterruptedRun> result;
  for (const fs::path& run : runs) {
    if (auto found = interrupted(run)) result.push_back(std::move(*found));
  }
  return result;
}

}  // namespace featurescope

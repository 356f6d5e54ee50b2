// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/train/training_checkpoint_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::size_t kDigits = 8;

/// Nothing when it is no checkpoint's name.
std::optional<std::int64_t> stepsOf(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() < kPrefix.size() + kDigits) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  std::int64_t steps = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), steps);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return steps;
}

/// Nothing, and `why`, when the checkpoint is damaged.
std::optional<SavedState> readWhole(const fs::path& folder, std::string& why) {
  try {
    return readState(folder);
  } catch (const UserError& error) {
    if (error.code() != ErrorCode::BadFile && error.code() != ErrorCode::NotFound) throw;
    why = error.what();
    return std::nullopt;
  }
}

/// Takes its name away first, so that no half of it stands there when the process is killed; what
/// is left then is cleared away by the next that goes on (RunFolder::open).
void removeCheckpoint(const fs::path& folder) {
  const fs::path hidden =
      folder.parent_path() / fmt::format(".{}.partial", folder.filename().string());
  std::error_code error;
  fs::remove_all(hidden, error);
  fs::rename(folder, hidden, error);
  fs::remove_all(error ? folder : hidden, error);
}

}  // namespace

fs::path checkpointFolder(const fs::path& run, std::int64_t stepsDone) {
  return run / "checkpoints" / fmt::format("{}{:0{}}", kPrefix, stepsDone, kDigits);
}

std::vector<std::int64_t> checkpointSteps(const fs::path& run) {
  std::vector<std::int64_t> steps;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", ignored)) {
    if (const auto found = stepsOf(entry.path().filename().string())) steps.push_back(*found);
  }
  std::ranges::sort(steps);
  return steps;
}

void writeCheckpoint(const fs::path& run, std::int64_t stepsDone, const SavedState& state,
                     const std::function<void(const fs::path&)>& saveResult) {
  AtomicFolder folder(checkpointFolder(run, stepsDone));
  saveResult(folder.path());
  writeState(folder.path(), state);
  folder.commit();
}

void pruneCheckpoints(const fs::path& run, std::int64_t keep) {
  if (keep == 0) return;
  std::vector<std::int64_t> steps = checkpointSteps(run);
  const auto kept = std::min(steps.size(), static_cast<std::size_t>(keep));
  steps.resize(steps.size() - kept);
  for (const std::int64_t step : steps) removeCheckpoint(checkpointFolder(run, step));
}

std::optional<ReadCheckpoint> takeNewestCheckpoint(
    const fs::path& run, const std::function<bool(const SavedState&)>& fits,
    const std::function<void(const std::string&)>& skipped) {
  std::vector<std::int64_t> newestFirst = checkpointSteps(run);
  std::ranges::reverse(newestFirst);
  for (const std::int64_t step : newestFirst) {
    const fs::path folder = checkpointFolder(run, step);
    std::string why = "metrics.csv no longer reaches so far";
    if (auto state = readWhole(folder, why); state && fits(*state)) {
      return ReadCheckpoint{step, *std::move(state)};
    }
    skipped(fmt::format("skipped {}: {}", folder.filename().string(), why));
    removeCheckpoint(folder);
  }
  return std::nullopt;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/resume.h"

#include "core/base/json.h"
#include "core/train/memory_estimate.h"
#include "core/train/resumable_run_torch.h"
#include "core/train/resume_torch.h"
#include "core/train/run_folder.h"
#include "core/train/train_metrics.h"
#include "core/train/train_settings.h"
#include "core/train/training_checkpoint_torch.h"
#include "core/train/training_run_torch.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

TrainSettings settingsOf(const Json& description, const fs::path& run,
                         const ResumeOptions& options) {
  TrainSettings settings =
      trainSettingsFromJson(description.value("settings", Json()), cannotGoOn(run) + ": run.json");
  settings.out = run;
  settings.compute.threads = options.threads.value_or(settings.compute.threads);
  settings.compute.device = options.device.value_or(settings.compute.device);
  return settings;
}

/// The first place where two values differ, as "text 0 hash"; empty when they are equal.
std::string firstDifference(const Json& before, const Json& now) {
  if (before == now) return {};
  if (before.type() != now.type() || !before.is_structured() || before.size() != now.size()) {
    return " ";
  }
  const Json then = before.flatten(), current = now.flatten();
  for (const auto& [pointer, value] : then.items()) {
    const auto found = current.find(pointer);
    if (found == current.end() || *found != value) {
      std::string place = pointer;
      std::ranges::replace(place, '/', ' ');
      return place;
    }
  }
  return " ";
}

void checkInputs(const Json& before, const Json& now, const fs::path& run) {
  const std::string difference = firstDifference(before, now);
  if (difference.empty()) return;
  throw UserError(
      ErrorCode::BadFile, cannotGoOn(run),
      fmt::format("its inputs are not what they were (in run.json: inputs{})", difference),
      "put the files back as they were, or start the run anew");
}

void note(RunFolder& folder, const JobContext& job, const std::string& sentence) {
  folder.log(sentence);
  job.progress.note(sentence);
}

void noteOtherVersions(RunFolder& folder, const JobContext& job) {
  if (folder.description().value("versions", Json()) == programVersions()) return;
  note(folder, job,
       "the run was started with another version of featurescope or LibTorch: its figures may "
       "differ in their last digits from those of a run without interruption");
}

using Lengths = std::map<std::string, std::uint64_t>;

std::optional<Lengths> lengthsOf(const SavedState& state) {
  try {
    return state.values.at("lengths").get<Lengths>();
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

/// Where the run stands, and its folder brought to that moment.
std::int64_t restore(ResumableRun& run, RunFolder& folder, const JobContext& job) {
  const auto fits = [&folder](const SavedState& state) {
    const auto lengths = lengthsOf(state);
    return lengths && folder.reaches(*lengths);
  };
  const auto checkpoint = takeNewestCheckpoint(
      folder.path(), fits, [&](const std::string& sentence) { note(folder, job, sentence); });
  if (!checkpoint) {
    run.begin(job);
    folder.clearTables();
    folder.log("starting over");
    return 0;
  }
  run.restore(checkpoint->state, job);
  if (run.stepsDone() != checkpoint->stepsDone) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails, "it is of another run");
  }
  folder.cutTo(lengthsOf(checkpoint->state).value());
  folder.log(fmt::format("going on after {} steps", checkpoint->stepsDone));
  return checkpoint->stepsDone;
}

}  // namespace

std::string cannotGoOn(const fs::path& run) { return "cannot go on with " + run.string(); }

std::string resumeCommand(const fs::path& run) {
  std::string path = run.string();
  const bool plain = std::ranges::all_of(path, [](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 ||
           std::string_view("/._-+=:,@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (!plain) {
    std::string quoted = "'";
    for (const char c : path) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    path = quoted + "'";
  }
  return "featurescope resume " + path;
}

std::int64_t goOn(RunFolder& folder, ResumableRun& run, const JobContext& job) {
  try {
    checkInputs(folder.description().value("inputs", Json()), run.inputs(), folder.path());
    folder.openTables(run.allTables());
    const std::int64_t from = restore(run, folder, job);
    noteOtherVersions(folder, job);
    folder.setState(RunState::Running);
    run.run(folder, job);
    return from;
  } catch (const Interrupted& interrupted) {
    if (!interrupted.resume().empty()) throw;
    throw Interrupted("nothing was changed; go on with: " + resumeCommand(folder.path()));
  }
}

RunFolder openRun(const fs::path& path, std::string_view kind) {
  RunFolder folder = RunFolder::open(path);
  const std::string what = cannotGoOn(path);
  if (member<std::string>(folder.description(), "kind", what) == kind) return folder;
  throw UserError(ErrorCode::Unsupported, what, fmt::format("it is not a {} run", kind));
}

bool isFinished(const RunFolder& folder) {
  return folder.description().value("state", Json()) == name(RunState::Finished);
}

ResumedTraining resumeTraining(const fs::path& path, const ResumeOptions& options,
                               const JobContext& job) {
  RunFolder folder = openRun(path, "train");
  const Json& description = folder.description();
  if (isFinished(folder)) {
    return {.last = trainMetricsFromJson(description.value("result", Json()), cannotGoOn(path)),
            .wasFinished = true};
  }
  const TrainSettings settings = settingsOf(description, path, options);
  applyThreads(settings.compute);
  checkMemory(settings, job.progress);
  const c10::NoGradGuard noGradients;
  TrainingRun run(settings);
  ResumedTraining result;
  result.resumedFrom = goOn(folder, run, job);
  result.last = run.last();
  return result;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"
#include "core/lm/compute.h"
#include "core/train/resumable_run_torch.h"
#include "core/train/resume.h"
#include "core/train/training_checkpoint_torch.h"

#include <fmt/format.h>

#include <filesystem>

namespace featurescope {

namespace {

constexpr const char* kEvents = "events.jsonl";

/// Shows what the job reports and keeps its notes in the run's log.
class LoggedProgress final : public ProgressSink {
 public:
  LoggedProgress(ProgressSink& shown, RunFolder& run) : shown_(shown), run_(run) {}
  void update(const ProgressUpdate& update) override { shown_.update(update); }
  void note(std::string_view sentence) override {
    run_.log(sentence);
    shown_.note(sentence);
  }

 private:
  ProgressSink& shown_;
  RunFolder& run_;
};

}  // namespace

Json programVersions() {
  return {{"featurescope", programVersion()}, {"libtorch", torchVersion()}};
}

std::vector<RunFolder::Table> ResumableRun::allTables() const {
  std::vector<RunFolder::Table> all = tables();
  all.push_back({kEvents, ""});
  return all;
}

void ResumableRun::append(RunFolder& folder, const TrainEvent& event) {
  Json line = event.figures;
  line.update({{"kind", event.kind}, {"step", event.step}, {"sentence", event.sentence}});
  folder.append(kEvents, line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void ResumableRun::run(RunFolder& folder, const JobContext& job) {
  LoggedProgress progress(job.progress, folder);
  saved_ = stepsDone();
  if (saved_ == 0) folder.log(intent());
  try {
    if (runSteps(folder, {job.stop, progress})) return;
    if (stepsDone() > saved_) checkpoint(folder);
    folder.setState(RunState::Interrupted);
    folder.log(fmt::format("interrupted after {} steps", stepsDone()));
  } catch (...) {
    throw failed(folder, describeCurrentException("training failed"));
  }
  throw Interrupted(fmt::format("{} of {} steps are done; go on with: {}", stepsDone(), steps(),
                                resumeCommand(folder.path())));
}

bool ResumableRun::runSteps(RunFolder& folder, const JobContext& job) {
  try {
    while (true) {
      beforeStep(folder, job);
      const std::int64_t done = stepsDone();
      if (done == steps()) break;
      if (done > saved_ && done % plan_.checkpointEvery == 0) checkpoint(folder);
      job.throwIfStopped();
      step(folder, job);
    }
    folder.checkStillThere();
    finish(folder, job);
    return true;
  } catch (const Interrupted&) {
    return false;
  }
}

void ResumableRun::checkpoint(RunFolder& folder) {
  const std::int64_t done = stepsDone();
  const auto before = folder.flushedLengths();
  const TrainEvent event{.kind = "checkpoint",
                         .step = done - 1,
                         .sentence = fmt::format("saved the state after {} steps", done)};
  try {
    append(folder, event);
    SavedState state = save();
    state.values["lengths"] = folder.flushedLengths();
    writeCheckpoint(folder.path(), done, state,
                    [this](const std::filesystem::path& at) { saveCheckpoint(at); });
  } catch (...) {
    folder.cutTo(before);
    throw;
  }
  saved_ = done;
  folder.log(event.sentence);
  pruneCheckpoints(folder.path(), plan_.keepCheckpoints);
}

UserError ResumableRun::failed(RunFolder& folder, const UserError& error) const {
  if (!std::filesystem::exists(folder.path())) return error;
  std::string next = error.next();
  const auto add = [&next](const std::string& more) { next += (next.empty() ? "" : "; ") + more; };
  if (error.code() == ErrorCode::CannotWrite) {
    add("then go on with: " + resumeCommand(folder.path()));
  } else if (saved_ > 0) {
    add(fmt::format("the last good state is {}", checkpointFolder(folder.path(), saved_).string()));
  }
  UserError told(error.code(), error.whatFailed(), error.why(), next);
  try {  // As far as the disk lets us: the failure itself is what the person has to see.
    folder.setState(RunState::Failed, {{"error", told.what()}});
    folder.log(fmt::format("failed: {}", told.what()));
  } catch (const UserError&) {
    return told;
  }
  return told;
}

}  // namespace featurescope

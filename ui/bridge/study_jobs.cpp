// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/study_jobs.h"

#include "core/analysis/evaluation_json.h"
#include "core/base/files.h"
#include "core/study/resume_run.h"
#include "core/study/study.h"

#include <fmt/format.h>

#include <utility>
#include <variant>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

void add(const StudyFolder& study, std::vector<Study::Part> Study::*list, const fs::path& made) {
  if (study) (void)addToStudy(*study, {{list, made}});
}

std::string summary(const TrainMetrics& last) {
  return fmt::format("loss {:.4g}, l0 {:.1f}, {} dead after {} steps", last.loss, last.l0,
                     last.dead, last.step + 1);
}

std::string summary(const FineTuneResult& result) {
  return fmt::format("loss {:.4g} after {} steps, {} features enhanced, {} inhibited",
                     result.last.loss, result.last.step + 1, result.enhanced, result.inhibited);
}

std::string summary(const ResumedTraining& resumed) {
  return resumed.wasFinished ? std::string("was finished already") : summary(resumed.last);
}

std::string summary(const ResumedFineTuning& resumed) {
  return resumed.wasFinished ? std::string("was finished already") : summary(resumed.result);
}

}  // namespace

JobQueue::Body indexJob(IndexRequest request, StudyFolder study) {
  return [request = std::move(request), study = std::move(study)](const JobContext& job) {
    const IndexReport report = buildIndex(request, job);
    add(study, &Study::indexes, request.out);
    return fmt::format("{} features, {} dead, {} tokens", report.features, report.dead,
                       report.tokens);
  };
}

JobQueue::Body trainingJob(TrainSettings settings, StudyFolder study) {
  return [settings = std::move(settings), study = std::move(study)](const JobContext& job) {
    add(study, &Study::runs, settings.out);
    const TrainMetrics last = trainAutoencoder(settings, job);
    add(study, &Study::saes, settings.out / "sae");
    return summary(last);
  };
}

JobQueue::Body fineTuningJob(FineTuneSettings settings, StudyFolder study) {
  return [settings = std::move(settings), study = std::move(study)](const JobContext& job) {
    add(study, &Study::runs, settings.out);
    return summary(fineTune(settings, job));
  };
}

JobQueue::Body resumeJob(fs::path run) {
  return [run = std::move(run)](const JobContext& job) {
    return std::visit([](const auto& resumed) { return summary(resumed); },
                      resumeRun(run, {}, job));
  };
}

JobQueue::Body goOnJob(fs::path run, JobQueue::Body start) {
  return [run = std::move(run), start = std::move(start)](const JobContext& job) {
    return fs::exists(run / "run.json") ? resumeJob(run)(job) : start(job);
  };
}

JobQueue::Body evaluationJob(EvaluateRequest request, fs::path out) {
  return [request = std::move(request), out = std::move(out)](const JobContext& job) {
    checkOutput(out, false);
    const EvaluateReport report = evaluate(request, job);
    fs::create_directories(fs::absolute(out).parent_path());
    writeFile(out, toJson(report).dump(2) + "\n");
    return fmt::format("loss {:.4f} with the SAE, {:.4f} without", report.losses.sae,
                       report.losses.base);
  };
}

}  // namespace featurescope

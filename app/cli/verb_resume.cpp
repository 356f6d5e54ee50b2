// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fine_tuning_report.h"
#include "app/cli/training_report.h"
#include "app/cli/verbs.h"
#include "core/study/resume_run.h"

namespace featurescope::cli {

namespace {

class ResumeVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("RUN", "", run_, "the folder that --out of train or finetune named").required();
  }

  void run(const Session& session) override {
    for (const char* flag : {"--seed", "--dtype"}) {
      if (session.given.given(flag)) {
        throw wrongUsage("cannot run `featurescope resume`",
                         std::string(flag) + " is a setting of the run, which it keeps");
      }
    }
    ResumeOptions options;
    if (session.given.given("--threads")) options.threads = session.flags.compute.threads;
    if (session.given.given("--device")) options.device = session.flags.compute.device;
    const auto headline = [this](bool wasFinished) {
      return wasFinished ? run_.string() + " was finished already" : "finished " + run_.string();
    };
    const ResumedRun resumed = resumeRun(run_, options, session.job());
    if (const auto* training = std::get_if<ResumedTraining>(&resumed)) {
      reportTraining(session, run_, training->last, headline(training->wasFinished));
    } else {
      const auto& tuning = std::get<ResumedFineTuning>(resumed);
      reportFineTuning(session, run_, tuning.result, headline(tuning.wasFinished));
    }
  }

 private:
  std::filesystem::path run_;
};

}  // namespace

const VerbEntry kResume{
    .name = "resume",
    .group = "Models and SAEs",
    .summary = "go on with a run that was interrupted",
    .usage = "RUN [FLAGS]",
    .description =
        "Goes on from the run's newest checkpoint, or starts it over before the first one. Weights "
        "and metrics come out bit for bit as without the interruption, as long as the threads are "
        "the same; without --threads they are. A finished run is left as it is.",
    .examples =
        "featurescope train --model demo/model --layer 1 --text demo/texts/heldout.jsonl --steps "
        "20 --out run\n"
        "featurescope resume run",
    .writes = false,
    .make = makeVerb<ResumeVerb>};

}  // namespace featurescope::cli

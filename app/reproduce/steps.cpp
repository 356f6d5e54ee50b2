// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/steps.h"

#include "core/analysis/build_index.h"
#include "core/analysis/evaluate.h"
#include "core/analysis/evaluation_json.h"
#include "core/base/files.h"
#include "core/study/resume_run.h"

#include <optional>

namespace featurescope::reproduction {

namespace fs = std::filesystem;

namespace {

bool isFinishedRun(const fs::path& run) {
  if (!fs::is_regular_file(run / "run.json")) return false;
  const Json description = readJson(run / "run.json");
  return description.is_object() && description.value("state", Json()) == "finished";
}

/// Goes on with a run that was begun, else makes it.
Step runStep(std::string name, std::string doing, const fs::path& folder,
             std::function<void(const JobContext&)> begin) {
  return {std::move(name), std::move(doing), [folder] { return isFinishedRun(folder); },
          [folder, begin = std::move(begin)](const JobContext& job) {
            if (fs::exists(folder / "run.json")) {
              (void)resumeRun(folder, {}, job);
            } else {
              begin(job);
            }
          }};
}

Step indexStep(std::string name, std::string doing, IndexRequest request) {
  const fs::path file = request.out;
  return {
      std::move(name), std::move(doing), [file] { return fs::exists(file); },
      [request = std::move(request)](const JobContext& job) { (void)buildIndex(request, job); }};
}

/// What `featurescope evaluate --json` prints, as a file.
Step evaluationStep(std::string name, std::string doing, const fs::path& file,
                    EvaluateRequest request) {
  return {std::move(name), std::move(doing), [file] { return fs::exists(file); },
          [file, request = std::move(request)](const JobContext& job) {
            writeFile(file, toJson(evaluate(request, job)).dump(2) + "\n");
          }};
}

EvaluateRequest evaluationOf(const Settings& settings, Site site, std::optional<Layer> last,
                             std::int64_t tokens) {
  EvaluateRequest request;
  request.model = settings.model;
  request.sae = settings.sae;
  request.site = site;
  request.lastLayer = last;
  request.corpus = settings.corpus;
  request.corpus.maxTokens = tokens;
  request.compute = settings.compute;
  return request;
}

/// The parts that both indexes have.
IndexRequest indexInto(const std::filesystem::path& out, const Settings& settings) {
  IndexRequest request;
  request.out = out;
  request.compute = settings.compute;
  return request;
}

IndexRequest indexOf(const Settings& settings, const Layout& layout) {
  IndexRequest request = indexInto(layout.index(), settings);
  request.model = settings.model;
  request.sae = settings.sae;
  request.site = settings.site;
  request.corpus = settings.corpus;
  return request;
}

IndexRequest tunedIndexOf(const Settings& settings, const Layout& layout) {
  IndexRequest request = indexInto(layout.tunedIndex(), settings);
  request.model = settings.tune.model;
  request.sae = settings.tune.sae;
  request.site = settings.tune.site;
  request.corpus = settings.tune.corpus;
  request.corpus.maxTokens = settings.corpus.maxTokens;
  request.fineTuning = settings.fineTuningRun;
  return request;
}

}  // namespace

std::vector<Step> plan(const Settings& settings, const Layout& layout) {
  std::vector<Step> steps;
  if (settings.trains) {
    steps.push_back(runStep(
        "training", "training an SAE", layout.training(),
        [&settings](const JobContext& job) { (void)trainAutoencoder(settings.train, job); }));
  }
  steps.push_back(
      evaluationStep("evaluation", "measuring the loss with the SAE", layout.evaluation(),
                     evaluationOf(settings, settings.site, {}, *settings.corpus.maxTokens)));
  Site wrong = settings.site;
  wrong.layer = settings.wrongLayer;
  steps.push_back(evaluationStep("wrong-layer", "measuring the loss in the wrong layer",
                                 layout.wrongLayer(),
                                 evaluationOf(settings, wrong, {}, *settings.corpus.maxTokens)));
  Site first = settings.site;
  first.layer = settings.firstLayer;
  steps.push_back(
      evaluationStep("layers", "measuring the loss layer by layer", layout.layers(),
                     evaluationOf(settings, first, settings.lastLayer, settings.layerTokens)));
  steps.push_back(indexStep("index", "finding what features fire on", indexOf(settings, layout)));
  if (settings.tunes) {
    steps.push_back(
        runStep("fine-tuning", "fine-tuning", layout.fineTuning(),
                [&settings](const JobContext& job) { (void)fineTune(settings.tune, job); }));
  }
  steps.push_back(indexStep("fine-tuned-index", "finding what fine-tuning changed",
                            tunedIndexOf(settings, layout)));
  return steps;
}

}  // namespace featurescope::reproduction

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/settings.h"

#include "core/base/hash.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/lm/model_folder.h"
#include "core/sae/checkpoint.h"
#include "core/study/demo.h"
#include "core/study/run_record.h"
#include "core/text/tokenizer.h"
#include "core/train/train_settings.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

namespace featurescope::reproduction {

namespace fs = std::filesystem;

namespace {

/// What is not the paper's, for it does not say or took days.
struct Defaults {
  std::int64_t tokens, trainSteps, logEvery, epochs, stepsPerEpoch;
};
constexpr Defaults kWhole{200'000, 20'000, 20, 10, 200};
constexpr Defaults kQuick{10'000, 2'400, 20, 2, 50};

constexpr std::int32_t kLayersShown = 8;
constexpr std::int64_t kBatchesOfLayers = 5;
constexpr std::int64_t kCheckpoints = 20;  ///< of a run, so that little is lost when it is stopped

/// A run that was given, which must be finished.
std::shared_ptr<const RunRecord> finishedRun(const fs::path& folder, std::string_view kind) {
  RunFollower follower(folder);
  follower.refresh();
  auto run = follower.record();
  const std::string what = "cannot show the run " + folder.string();
  if (run->kind() != kind) {
    throw UserError(ErrorCode::Unsupported, what,
                    "it is no run of `featurescope " + std::string(kind) + "`");
  }
  if (run->state() != "finished") {
    throw UserError(ErrorCode::Unsupported, what, "it is not finished",
                    "go on with it: featurescope resume " + folder.string());
  }
  return run;
}

bool isTrainingRun(const fs::path& path) {
  if (!fs::is_regular_file(path / "run.json")) return false;
  const Json run = readJson(path / "run.json");
  return run.is_object() && run.value("kind", Json()) == "train";
}

void settleTraining(Settings& settings, const cli::ReproduceRequest& request, const Layout& layout,
                    const Defaults& defaults) {
  std::optional<fs::path> given = request.training;
  if (!given && request.sae && isTrainingRun(*request.sae)) given = request.sae;
  settings.trains = !given;
  settings.trainingRun = given.value_or(layout.training());
  settings.sae =
      settings.demo ? resourceFolder() / "demo/sae" : request.sae.value_or(settings.trainingRun);
  if (given) {
    const auto run = finishedRun(*given, "train");
    settings.train = trainSettingsFromJson(run->description.value("settings", Json()),
                                           "cannot show the run " + given->string());
    return;
  }
  TrainSettings& train = settings.train;
  train.model = settings.model;
  train.site = settings.site;
  train.corpus = settings.corpus;
  train.corpus.maxTokens.reset();
  if (!request.trainTexts.empty()) train.corpus.files = request.trainTexts;
  train.out = layout.training();
  train.steps = request.trainSteps.value_or(defaults.trainSteps);
  train.logEvery = defaults.logEvery;
  train.checkpointEvery = std::max<std::int64_t>(1, *train.steps / kCheckpoints);
  // The paper's five million tokens, or a quarter of a run that is not four times as long.
  train.l1AdjustAfter = std::min(train.l1AdjustAfter, *train.steps * train.tokensPerStep() / 4);
  train.compute = settings.compute;
}

void settleFineTuning(Settings& settings, const cli::ReproduceRequest& request,
                      const Layout& layout, const Defaults& defaults) {
  settings.tunes = !request.fineTuning;
  settings.fineTuningRun = request.fineTuning.value_or(layout.fineTuning());
  if (request.fineTuning) {
    const auto run = finishedRun(*request.fineTuning, "finetune");
    settings.tune = fineTuneSettingsFromJson(run->description.value("settings", Json()),
                                             "cannot show the run " + request.fineTuning->string());
    return;
  }
  FineTuneSettings& tune = settings.tune;
  tune.model = request.tuneModel.value_or(settings.model);
  tune.sae = request.tuneSae.value_or(settings.sae);
  tune.site = request.tuneSite.value_or(settings.site);
  if (!request.tuneTexts.empty()) {
    tune.corpus.files = request.tuneTexts;
  } else if (settings.demo) {
    tune.corpus.files = {resourceFolder() / "demo/texts/arithmetic.jsonl"};
  } else {
    tune.corpus = settings.corpus;  // packed: a text need not have records
    tune.corpus.maxTokens.reset();
  }
  tune.corpus.field = settings.corpus.field;
  tune.out = layout.fineTuning();
  tune.epochs = request.epochs.value_or(defaults.epochs);
  tune.stepsPerEpoch = request.stepsPerEpoch.value_or(defaults.stepsPerEpoch);
  tune.logEvery = std::max<std::int64_t>(1, tune.steps() / 200);
  tune.checkpointEvery = std::max<std::int64_t>(1, tune.steps() / kCheckpoints);
  tune.compute = settings.compute;
}

/// Hashes of texts, by their names.
Json hashesOf(const std::vector<fs::path>& texts, const JobContext& job) {
  Json hashes = Json::array();
  for (const fs::path& text : texts) {
    job.throwIfStopped();
    hashes.push_back({{"name", text.filename().string()}, {"hash", hashFile(text)}});
  }
  return hashes;
}

/// Settings of a run as run.json has them, without what does not decide its figures.
Json withoutPlace(Json settings) {
  for (const char* key : {"model", "sae", "text", "threads", "device", "cache_bytes"}) {
    settings.erase(key);
  }
  return settings;
}

}  // namespace

Settings settle(const cli::ReproduceRequest& request, const Layout& layout,
                const ComputeOptions& compute) {
  const Defaults& defaults = request.quick ? kQuick : kWhole;
  Settings settings;
  settings.demo = !request.model;
  settings.compute = compute;
  settings.corpus = request.corpus;
  if (settings.demo) {
    const fs::path demo = resourceFolder() / "demo";
    settings.model = demo / "model";
    settings.site = Site{.layer = Layer{1}};
    settings.corpus.files = {demo / "texts/heldout.jsonl"};
  } else {
    settings.model = *request.model;
    settings.site = request.site.value();
  }
  settings.corpus.maxTokens = request.corpus.maxTokens.value_or(defaults.tokens);
  const NeoxConfig config = NeoxConfig::load(settings.model);
  const auto layers = static_cast<std::int32_t>(config.layers);
  settings.firstLayer = request.firstLayer.value_or(Layer{0});
  settings.lastLayer = request.lastLayer.value_or(Layer{std::min(kLayersShown, layers) - 1});
  settings.wrongLayer = request.wrongLayer.value_or(Layer{layers - 1});
  for (const Layer layer : {settings.site.layer, settings.lastLayer, settings.wrongLayer}) {
    if (layer.value < layers) continue;
    throw UserError(ErrorCode::OutOfRange, "cannot use layer " + std::to_string(layer.value),
                    settings.model.string() + " has " + std::to_string(layers) + " layers",
                    "choose one from 0 to " + std::to_string(layers - 1));
  }
  settings.features = request.features;
  settleTraining(settings, request, layout, defaults);
  settings.layerTokens =
      std::min(*settings.corpus.maxTokens,
               kBatchesOfLayers * TrainSettings().batch * settings.corpus.context);
  settleFineTuning(settings, request, layout, defaults);
  return settings;
}

Json identityOf(const Settings& settings, const JobContext& job) {
  job.progress.update(
      {.stage = "hashing the inputs", .done = 0, .total = 0, .unit = {}, .detail = {}});
  Json identity{{"site", settings.site.moduleName()},
                {"layers", {settings.firstLayer.value, settings.lastLayer.value}},
                {"wrong_layer", settings.wrongLayer.value},
                {"tokens", *settings.corpus.maxTokens},
                {"layer_tokens", settings.layerTokens},
                {"packing", settings.corpus.packing == Packing::Packed ? "packed" : "documents"},
                {"context", settings.corpus.context},
                {"field", settings.corpus.field},
                {"seed", settings.compute.seed},
                {"dtype", settings.compute.dtype},
                {"training", withoutPlace(toJson(settings.train))},
                {"fine_tuning", withoutPlace(toJson(settings.tune))},
                {"texts", hashesOf(settings.corpus.files, job)},
                {"fine_tuning_texts", hashesOf(settings.tune.corpus.files, job)},
                {"model_hash", ModelFolder::open(settings.model).hash()},
                {"tokenizer_hash", Tokenizer::load(settings.model).hash()}};
  for (const FeatureId feature : settings.features) identity["features"].push_back(feature.value);
  if (settings.trains) {
    identity["training_texts"] = hashesOf(settings.train.corpus.files, job);
  } else {
    identity["training_run"] = hashFile(settings.trainingRun / "metrics.csv");
  }
  if (settings.sae != settings.trainingRun || !settings.trains) {
    identity["sae_hash"] = hashCheckpoint(inspectCheckpoint(settings.sae));
  }
  if (!settings.tunes) {
    identity["fine_tuning_run"] = hashFile(settings.fineTuningRun / "scales.csv");
  } else if (settings.tune.model != settings.model) {
    identity["fine_tuning_model_hash"] = ModelFolder::open(settings.tune.model).hash();
    identity["fine_tuning_sae_hash"] = hashCheckpoint(inspectCheckpoint(settings.tune.sae));
  }
  return identity;
}

}  // namespace featurescope::reproduction

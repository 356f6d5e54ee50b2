// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/numbers.h"
#include "core/finetune/fine_tune_estimate.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/finetune/fine_tuner_torch.h"
#include "core/finetune/permuted_scales.h"
#include "core/finetune/suffix_gradient_torch.h"
#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/train/available_memory.h"
#include "core/train/input_hashes.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kMetrics = "metrics.csv";

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string metricsHeader() {
  static const std::array<std::string, 4> kColumns{"step", "epoch", "loss", "lr"};
  return csvRow(kColumns);
}

std::string metricsRow(const FineTuneMetrics& figures) {
  const std::array<std::string, 4> fields{std::to_string(figures.step),
                                          std::to_string(figures.epoch), shortest(figures.loss),
                                          shortest(figures.learningRate)};
  return csvRow(fields);
}

std::vector<float> valuesOf(const at::Tensor& vector) {
  const at::Tensor onCpu = vector.to(at::kCPU, at::kFloat).contiguous();
  return {onCpu.const_data_ptr<float>(), onCpu.const_data_ptr<float>() + onCpu.numel()};
}

/// Tells what the run will need and opens the model as fits in it.
LanguageModel openModel(const FineTuneSettings& settings, ProgressSink& progress) {
  const at::Device device = resolveDevice(settings.compute);
  const auto available = availableMemory();
  const FineTuneEstimate estimate = estimateFineTuning(settings, available);
  progress.note("needs about " + describe(estimate));
  if (device.is_cpu()) checkFits(estimate, available);
  return LanguageModel::open(
      settings.model,
      {.device = device,
       .dtype = resolveDtype(settings.compute, device),
       .storage = estimate.streamsWeights ? WeightStorage::Stored : WeightStorage::Converted});
}

void addTo(Sha256& hash, const at::Tensor& tensor) {
  const at::Tensor onCpu = tensor.detach().to(at::kCPU).contiguous();
  hash.add(std::span(static_cast<const std::byte*>(onCpu.const_data_ptr()), onCpu.nbytes()));
}

/// A question file is measured record by record, so that completions are seen; other text packed.
CorpusOptions corpusOf(const std::filesystem::path& file, const FineTuneSettings& settings) {
  CorpusOptions corpus = settings.corpus;
  corpus.files = {file};
  corpus.packing =
      file.string().find(".jsonl") == std::string::npos ? Packing::Packed : Packing::Documents;
  return corpus;
}

std::vector<RecordId> allOf(const Records& records) {
  std::vector<RecordId> all;
  for (RecordId record = 0; record < records.size(); ++record) all.push_back(record);
  return all;
}

}  // namespace

FineTuner::FineTuner(FineTuneSettings settings, const JobContext& job)
    : ResumableRun({.steps = settings.steps(),
                    .checkpointEvery = settings.checkpointEvery,
                    .keepCheckpoints = settings.keepCheckpoints}),
      settings_(std::move(settings)),
      tokenizer_(Tokenizer::load(settings_.model)),
      model_(openModel(settings_, job.progress)),
      autoencoder_(Autoencoder::load(settings_.sae, model_.device())),
      records_(tokenizer_, settings_.corpus, job),
      split_(RecordSplit::draw(records_.size(), settings_.heldOutFraction, settings_.compute.seed)),
      order_(split_.training, {.batch = settings_.batch,
                               .stepsPerEpoch = settings_.stepsPerEpoch,
                               .shuffle = settings_.shuffle,
                               .seed = settings_.compute.seed}),
      states_(model_, records_, order_.records(),
              {.site = settings_.site,
               .cacheBytes = settings_.cacheBytes,
               .overflowFolder = std::filesystem::absolute(settings_.out).parent_path()}),
      meter_(model_, autoencoder_, settings_.site, settings_.keepError),
      code_(autoencoder_, settings_.keepError),
      optimiser_(settings_, autoencoder_.features(), model_.device()),
      frozenAtStart_(frozenHash()) {
  checkTargets();
  readOtherTexts(job);
}

void FineTuner::readOtherTexts(const JobContext& job) {
  for (const auto& file : settings_.alsoMeasure) {
    otherTexts_.emplace_back(tokenizer_, corpusOf(file, settings_), job);
  }
}

void FineTuner::checkTargets() const {
  RecordOrder order = order_;
  for (std::int64_t step = 0; step < steps(); ++step) {
    std::int64_t targets = 0;
    for (const RecordId record : order.ofStep(step)) {
      targets += records_.targets(record, settings_.scope);
    }
    if (targets > 0) continue;
    throw UserError(
        ErrorCode::BadText, "cannot fine-tune",
        fmt::format("no token of step {}'s records counts in the loss", step),
        settings_.scope == LossScope::Completion
            ? "give records with a context and a completion, a longer --context, or --scope all"
            : "give texts of more than one token, or a larger --batch");
  }
}

std::vector<LossMeter::Text> FineTuner::measuredTexts() const {
  std::vector<LossMeter::Text> texts;
  const auto add = [&](std::string name, const Records& of, std::vector<RecordId> records,
                       LossScope scope) {
    texts.push_back({.name = std::move(name),
                     .texts = of,
                     .records = std::move(records),
                     .scope = scope,
                     .tokens = settings_.measureTokens});
  };
  add("training", records_, order_.records(), settings_.scope);
  if (!split_.heldOut.empty()) add("held-out", records_, split_.heldOut, settings_.scope);
  for (std::size_t i = 0; i < otherTexts_.size(); ++i) {
    add(settings_.alsoMeasure[i].filename().string(), otherTexts_[i], allOf(otherTexts_[i]),
        LossScope::All);
  }
  return texts;
}

void FineTuner::begin(const JobContext& job) {
  for (const LossMeter::Text& text : measuredTexts()) {
    result_.measured.push_back(meter_.before(text, job));
  }
}

void FineTuner::restore(const SavedState& state, const JobContext& /*job*/) {
  optimiser_.restore(state.part("optimiser"));
  const SavedState last = state.part("last");
  result_.last = {.step = last.value<std::int64_t>("step"),
                  .epoch = last.value<std::int64_t>("epoch"),
                  .loss = last.value<double>("loss"),
                  .learningRate = last.value<double>("lr")};
  for (const Json& text : state.values.value("measured", Json::array())) {
    result_.measured.push_back(measuredLossesFromJson(text, SavedState::kWhatFails));
  }
}

SavedState FineTuner::save() const {
  SavedState state;
  state.merge("optimiser", optimiser_.save());
  state.values["last"] = {{"step", result_.last.step},
                          {"epoch", result_.last.epoch},
                          {"loss", result_.last.loss},
                          {"lr", result_.last.learningRate}};
  state.values["measured"] = Json::array();
  for (const MeasuredLosses& text : result_.measured) {
    state.values["measured"].push_back(toJson(text));
  }
  return state;
}

Json FineTuner::inputs() const {
  const auto absolute = [](const std::filesystem::path& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
  };
  return {
      {"model",
       {{"path", absolute(settings_.model)}, {"hash", ModelFolder::open(settings_.model).hash()}}},
      {"tokenizer", {{"hash", tokenizer_.hash()}}},
      {"sae", {{"path", absolute(settings_.sae)}, {"hash", hashContents(settings_.sae)}}},
      {"text", fileHashes(settings_.corpus.files)},
      {"also_measure", fileHashes(settings_.alsoMeasure)}};
}

Json FineTuner::description() const {
  Json description = {{"kind", "finetune"},
                      {"settings", toJson(settings_)},
                      {"versions", programVersions()},
                      {"device", describeDevice(settings_.compute)},
                      {"threads", settings_.compute.threads},
                      {"inputs", inputs()},
                      {"hook", settings_.site.moduleName()},
                      {"d", autoencoder_.width()},
                      {"m", autoencoder_.features()},
                      {"steps", steps()},
                      {"records", records_.size()},
                      {"records_an_epoch", order_.records().size()},
                      {"held_out_records", split_.heldOut.size()},
                      {"stream", toJson(records_.report())},
                      {"frozen_hash", frozenAtStart_}};
  // Where `forward --finetune` and `index --finetune` look.
  for (const char* key : {"sae", "layer", "site", "keep_error"}) {
    description[key] = description["settings"][key];
  }
  description["measured"] = Json::array();
  for (const MeasuredLosses& text : result_.measured) {
    description["measured"].push_back(toJson(text));
  }
  return description;
}

std::vector<RunFolder::Table> FineTuner::tables() const { return {{kMetrics, metricsHeader()}}; }

std::string FineTuner::intent() const {
  return fmt::format("fine-tuning {} features at {} on {} records for {} steps",
                     autoencoder_.features(), settings_.site.moduleName(), order_.records().size(),
                     steps());
}

void FineTuner::beforeStep(RunFolder& /*folder*/, const JobContext& /*job*/) {}

FineTuneMetrics FineTuner::update(const JobContext& job) {
  const std::int64_t step = optimiser_.stepsDone();
  const std::vector<RecordId> records = order_.ofStep(step);
  std::vector<std::int64_t> firstTargets;
  firstTargets.reserve(records.size());
  for (const RecordId record : records) {
    firstTargets.push_back(records_.firstTarget(record, settings_.scope));
  }
  const SiteBatch batch = states_.batch(records, job);
  const CountedTargets targets =
      countedTargets(records_.batch(records), firstTargets, model_.device());
  const at::Tensor output = code_.forward(batch.x, optimiser_.c(), optimiser_.d());
  const SuffixGradient gradient = suffixGradient(
      model_, batch, output, targets,
      settings_.checkpointActivations ? KeptActivations::Checkpoints : KeptActivations::All);
  if (!std::isfinite(gradient.loss)) {
    throw UserError(ErrorCode::NotFinite, "the fine-tuning diverged",
                    fmt::format("step {}'s loss is {}", step, gradient.loss),
                    "repeat it with a smaller --lr");
  }
  optimiser_.step(code_.backward(gradient.output));
  return {.step = step,
          .epoch = step / settings_.stepsPerEpoch,
          .loss = gradient.loss,
          .learningRate = settings_.learningRate};
}

FineTuningSpeed FineTuner::measureSpeed(const JobContext& job) {
  constexpr std::int64_t kFewest = 2;
  constexpr double kSeconds = 1;
  const auto tokensOf = [this](const std::vector<RecordId>& records) {
    return std::transform_reduce(records.begin(), records.end(), 0.0, std::plus(),
                                 [this](RecordId record) { return records_.length(record); });
  };
  const auto began = Clock::now();
  double seconds = 0, tokens = 0;
  for (std::int64_t made = 0; made < steps() && (made < kFewest || seconds < kSeconds); ++made) {
    job.throwIfStopped();
    tokens += tokensOf(order_.ofStep(made));
    (void)update(job);
    seconds = secondsSince(began);
  }
  const double mean = tokensOf(order_.records()) / static_cast<double>(order_.records().size());
  return {.tokens = mean * static_cast<double>(steps() * settings_.batch),
          .tokensPerSecond = tokens / seconds};
}

void FineTuner::step(RunFolder& folder, const JobContext& job) {
  const auto start = Clock::now();
  result_.last = update(job);
  seconds_ += secondsSince(start);
  ++timedSteps_;
  const std::int64_t step = result_.last.step;
  if (step + 1 == steps() || step % settings_.logEvery == 0) {
    folder.append(kMetrics, metricsRow(result_.last));
  }
  job.progress.update({.stage = "fine-tuning",
                       .done = static_cast<std::uint64_t>(step + 1),
                       .total = static_cast<std::uint64_t>(steps()),
                       .unit = "steps",
                       .detail = fmt::format("loss {:.4f}", result_.last.loss)});
}

FeatureScales FineTuner::scales() const {
  return {valuesOf(optimiser_.c()), valuesOf(optimiser_.d())};
}

void FineTuner::saveCheckpoint(const std::filesystem::path& folder) const { scales().save(folder); }

std::string FineTuner::frozenHash() const {
  Sha256 hash;
  NeoxWeights weights = model_.weights();
  // As they are computed with, wherever they wait.
  for (const auto& [name, tensor] : weights.named()) addTo(hash, tensor->to(model_.dtype()));
  for (const auto& [name, tensor] : autoencoder_.parameters().named()) {
    if (tensor->defined()) addTo(hash, *tensor);
  }
  return hash.finish();
}

void FineTuner::countChanges() {
  const float reference = optimiser_.untouchedScale();
  const at::Tensor& touched = optimiser_.touched();
  const auto count = [](const at::Tensor& which) { return which.sum().item<std::int64_t>(); };
  result_.enhanced = count(optimiser_.c().gt(reference).logical_and_(touched));
  result_.inhibited = count(optimiser_.c().lt(reference).logical_and_(touched));
  result_.untouched = autoencoder_.features() - count(touched);
}

Json FineTuner::stepsPerSecond() const {
  if (seconds_ <= 0) return nullptr;
  return static_cast<double>(timedSteps_) / seconds_;
}

void FineTuner::finish(RunFolder& folder, const JobContext& job) {
  const FeatureScales learned = scales();
  const FeatureScales control = permuted(learned, settings_.compute.seed);
  const std::vector<LossMeter::Text> texts = measuredTexts();
  std::vector<MeasuredLosses> measured = result_.measured;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    meter_.after(texts[i], learned, control, measured.at(i), job);
  }
  result_.measured = std::move(measured);
  countChanges();
  if (frozenHash() != frozenAtStart_) {
    throw UserError(ErrorCode::Internal, "cannot finish the fine-tuning",
                    "a weight that must stay as it is has changed");
  }
  learned.save(folder.path());
  Json figures = {{"result",
                   {{"steps", stepsDone()},
                    {"epoch", result_.last.epoch},
                    {"loss", result_.last.loss},
                    {"lr", result_.last.learningRate},
                    {"enhanced", result_.enhanced},
                    {"inhibited", result_.inhibited},
                    {"untouched", result_.untouched},
                    {"untouched_scale", optimiser_.untouchedScale()},
                    {"frozen_hash", frozenAtStart_},
                    {"steps_per_second", stepsPerSecond()}}},
                  {"measured", Json::array()}};
  for (const MeasuredLosses& text : result_.measured) figures["measured"].push_back(toJson(text));
  folder.log(fmt::format("finished after {} steps: loss {}", steps(), result_.last.loss));
  folder.setState(RunState::Finished, figures);
}

}  // namespace featurescope

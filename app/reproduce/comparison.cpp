// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/comparison.h"

#include "core/sae/checkpoint.h"
#include "core/train/train_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace featurescope::reproduction {

namespace {

constexpr std::int64_t kStrongest = 15;  ///< rows of the paper's table

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    result.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

Same sameIf(bool equal) { return equal ? Same::Yes : Same::No; }

/// Sizes tell that a model is another, never that it is the very one.
Same sameModel(const NeoxConfig& config, std::int64_t layers, std::int64_t width) {
  return config.layers == layers && config.width == width ? Same::Unknown : Same::No;
}

std::string describe(const Site& site) {
  const char* where = site.kind == SiteKind::MlpOut   ? "MLP output"
                      : site.kind == SiteKind::MlpPre ? "MLP before the nonlinearity"
                                                      : "residual stream";
  return fmt::format("{} of layer {}", where, site.layer.value);
}

bool isSite(const Site& site, std::int32_t layer) {
  return site == Site{.layer = Layer{layer}, .kind = SiteKind::MlpOut};
}

std::string number(double value) { return fmt::format("{:#.4g}", value); }

/// The settings as they stand here, by the paper's id.
class SettingsHere {
 public:
  SettingsHere(const Settings& settings, const Results& results)
      : settings_(settings), results_(results) {
    exploring();
    training();
    fineTuning();
  }

  [[nodiscard]] const std::pair<std::string, Same>& at(std::string_view id) const {
    return here_.at(id);
  }

 private:
  void put(std::string_view id, std::string value, Same same) {
    here_[id] = {std::move(value), same};
  }
  [[nodiscard]] std::string modelOf(const NeoxConfig& config,
                                    const std::filesystem::path& folder) const {
    const bool bundled = settings_.demo && folder == settings_.model;
    return fmt::format(
        "{} ({} layers of width {})",
        bundled ? "the demo's" : std::filesystem::weakly_canonical(folder).filename().string(),
        config.layers, config.width);
  }
  /// Text that was not bundled with the program may be the paper's.
  [[nodiscard]] Same textIs() const { return settings_.demo ? Same::No : Same::Unknown; }

  void exploring() {
    const CheckpointInfo sae = inspectCheckpoint(settings_.sae);
    put("model", modelOf(results_.model, settings_.model), sameModel(results_.model, 32, 4096));
    put("site", describe(settings_.site), sameIf(isSite(settings_.site, 1)));
    const std::int64_t width = std::max<std::int64_t>(sae.width, 1);
    put("sae",
        fmt::format("{} features ({:.3g} times the width), {}", sae.features,
                    static_cast<double>(sae.features) / static_cast<double>(width),
                    settings_.sae == settings_.trainingRun ? "of the training run shown here"
                                                           : "trained as its makers say, not here"),
        sae.features == 16384 ? Same::Unknown : Same::No);
    put("text", namesOf(settings_.corpus.files), textIs());
    put("tokens", results_.evaluation.value("tokens", Json()).dump(), Same::Unknown);
    const std::int64_t layerTokens = results_.layers.value("tokens", std::int64_t{0});
    put("layer_tokens", fmt::format("{}, the first of the text", layerTokens), Same::No);
    put("wrong_layer", std::to_string(settings_.wrongLayer.value),
        sameIf(settings_.wrongLayer.value == 31));
  }

  void training() {
    const TrainSettings& train = settings_.train;
    const Json& run = results_.training->description;
    const auto features = run.value("m", std::int64_t{0});
    const auto width = std::max<std::int64_t>(run.value("d", std::int64_t{1}), 1);
    put("train_text",
        train.activations.empty() ? namesOf(train.corpus.files)
                                  : "activations in " + train.activations.filename().string(),
        textIs());
    put("expansion",
        fmt::format("{} ({:.3g} times the width)", features,
                    static_cast<double>(features) / static_cast<double>(width)),
        sameIf(features == 4 * width));
    put("train_batch", fmt::format("{} contexts of {} tokens", train.batch, train.corpus.context),
        sameIf(train.batch == 8 && train.corpus.context == 128));
    put("train_optimiser",
        fmt::format("Adam, learning rate {}, beta {} and {}", train.learningRate, train.beta1,
                    train.beta2),
        sameIf(train.learningRate == 1e-4 && train.beta1 == 0.9 && train.beta2 == 0.999));
    const bool untilTarget = train.l1Mode == L1Mode::UntilTarget && !train.targetL0;
    put("l1_control",
        untilTarget
            ? fmt::format("adjusted after {} tokens, until a sparsity of {:.3g}%",
                          train.l1AdjustAfter, 100 * train.targetSparsity)
            : fmt::format("{}, target l0 {:.4g}", nameOf(train.l1Mode), train.targetL0Of(features)),
        sameIf(untilTarget && train.l1AdjustAfter == 5'000'000 && train.targetSparsity == 0.01));
    put("resampling",
        train.resampling == Resampling::Kaiming
            ? fmt::format("every {} steps, of those inactive for {}, to Kaiming uniform vectors",
                          train.resampleEvery, train.deadWindow)
            : std::string(nameOf(train.resampling)),
        sameIf(train.resampling == Resampling::Kaiming && train.resampleEvery == 10'000 &&
               train.deadWindow == 5'000));
    put("train_steps", run.value("steps", Json()).dump(), Same::Unknown);
  }

  void fineTuning() {
    const FineTuneSettings& tune = settings_.tune;
    put("tune_model", modelOf(results_.tunedModel, tune.model),
        sameModel(results_.tunedModel, 6, 512));
    put("tune_site", describe(tune.site),
        isSite(tune.site, 1) || isSite(tune.site, 4) ? Same::Unknown : Same::No);
    const std::size_t features = results_.tuned.scale.size();
    put("tune_sae", fmt::format("{} features", features),
        features == 2048 ? Same::Unknown : Same::No);
    put("tune_text", namesOf(tune.corpus.files), textIs());
    put("tune_steps", fmt::format("{} epochs of {} steps", tune.epochs, tune.stepsPerEpoch),
        sameIf(tune.epochs == 10 && tune.stepsPerEpoch == 200));
    put("tune_optimiser",
        fmt::format("AdamW, batch {}, learning rate {}, weight decay {}", tune.batch,
                    tune.learningRate, tune.weightDecay),
        sameIf(tune.batch == 8 && tune.learningRate == 1e-3 && tune.weightDecay == 1e-2));
  }

  const Settings& settings_;
  const Results& results_;
  std::map<std::string_view, std::pair<std::string, Same>> here_;
};

/// A number as its data has it, as it is shown, and what it is of.
struct Measured {
  Json exact;
  std::string shown, sentence;
};

class NumbersHere {
 public:
  NumbersHere(const Settings& settings, const Results& results)
      : settings_(settings), results_(results) {
    losses();
    training();
    features();
    fineTuning();
  }
  [[nodiscard]] const Measured& at(std::string_view id) const { return here_.at(id); }

 private:
  void put(std::string_view id, double value, std::string sentence) {
    here_[id] = {value, number(value), std::move(sentence)};
  }
  void put(std::string_view id, const std::string& text, std::string sentence) {
    here_[id] = {text, text, std::move(sentence)};
  }
  void putShare(std::string_view id, double value, std::string sentence) {
    here_[id] = {value, fmt::format("{:.3g}%", 100 * value), std::move(sentence)};
  }
  void putUndefined(std::string_view id, std::string sentence) {
    here_[id] = {nullptr, "not defined", std::move(sentence)};
  }

  void losses() {
    const Json& evaluation = results_.evaluation;
    const Json& loss = evaluation.at("loss");
    const std::string text =
        fmt::format("nats a predicted token, on {} tokens of {}",
                    evaluation.at("tokens").get<std::int64_t>(), namesOf(settings_.corpus.files));
    const std::string place = describe(settings_.site);
    put("loss_base", loss.at("base").get<double>(), text);
    put("loss_sae", loss.at("sae").get<double>(), text + ", the SAE in place of the " + place);
    put("loss_zero", loss.at("zero").get<double>(), text + ", zeros in place of the " + place);
    put("loss_mean", loss.at("mean").get<double>(),
        text + ", these tokens' mean in place of the " + place);
    put("loss_wrong", results_.wrongLayer.at("loss").at("sae").get<double>(),
        text + fmt::format(", the SAE in layer {}", settings_.wrongLayer.value));
    for (const char* kind : {"zero", "mean"}) {
      const std::string id = std::string("recovered_") + kind;
      const std::string_view known = id == "recovered_zero" ? "recovered_zero" : "recovered_mean";
      const Json& value = evaluation.at("recovered").at(kind).at("value");
      const std::string how =
          fmt::format("(L_{0} - L_sae) / (L_{0} - L_base) of the losses above", kind);
      if (value.is_null()) {
        putUndefined(known, how);
      } else {
        putShare(known, value.get<double>(), how);
      }
    }
  }

  void training() {
    const RunRecord& run = *results_.training;
    const auto* l0 = run.column("l0");
    const std::string where = fmt::format("mean over the {} tokens of the run's last step",
                                          settings_.train.tokensPerStep());
    if (l0 == nullptr || l0->empty()) {
      putUndefined("final_l0", where);
      putUndefined("final_sparsity", where);
      return;
    }
    put("final_l0", l0->back(), where);
    putShare("final_sparsity",
             l0->back() / static_cast<double>(run.description.at("m").get<std::int64_t>()),
             where + ", / M");
  }

  void features() {
    const std::string tokens = fmt::format("{} tokens of {}", results_.index.tokenCount(),
                                           namesOf(settings_.corpus.files));
    const DeadDirection& direction = results_.cosines.decoderDirection;
    here_["dead"] = {
        direction.dead.features,
        fmt::format("{} of {}", direction.dead.features, results_.index.featureCount()),
        "activated by none of " + tokens};
    if (results_.anyDead()) {
      put("dead_cosine", direction.dead.mean,
          "decoder rows, with the mean of the dead ones, which each of them is a part of");
      put("alive_cosine", direction.alive.mean, "decoder rows, with the mean of the dead ones");
    } else {
      putUndefined("dead_cosine", "no feature is dead on " + tokens);
      putUndefined("alive_cosine", "no feature is dead on " + tokens);
    }
    here_["second_feature"] = {results_.secondFeature.value,
                               std::to_string(results_.secondFeature.value),
                               "by the share of tokens that activate it, of " + tokens};
    std::map<std::string, int> counts;
    const auto rows = results_.index.topActivations(results_.secondFeature, kStrongest);
    for (const ActivationRecord& row : rows) ++counts[row.strToken];
    const auto most = std::ranges::max_element(counts, {}, [](const auto& c) { return c.second; });
    if (most == counts.end()) {
      putUndefined("second_token", "it fires on no token");
    } else {
      put("second_token", fmt::format("{}, {} of {}", most->first, most->second, rows.size()),
          "its strongest activations on " + tokens);
    }
  }

  void fineTuning() {
    const FineTuningResult& tuned = results_.tuned;
    const std::string text = namesOf(settings_.tune.corpus.files);
    for (const auto& [id, loss] : {std::pair<std::string_view, double Variants<double>::*>{
                                       "tune_loss_base", &Variants<double>::base},
                                   {"tune_loss_sae", &Variants<double>::sae},
                                   {"tune_loss_after", &Variants<double>::fineTuned}}) {
      if (results_.measured.empty()) {
        putUndefined(id, "the run does not say");
        continue;
      }
      const MeasuredLosses& measured = results_.measured.front();
      put(id, measured.loss.*loss,
          fmt::format("nats a counted token, {} of them in {} records of {}", measured.targets,
                      measured.records, text));
    }
    putChanged("most_enhanced", results_.mostEnhanced, text);
    putChanged("most_inhibited", results_.mostInhibited, text);
    const auto count = static_cast<double>(std::max<std::size_t>(tuned.scale.size(), 1));
    putShare("scales_inhibited",
             static_cast<double>(mostChanged(tuned, false, tuned.scale.size()).size()) / count,
             fmt::format("of {} features: c below {:.6g}, where weight decay alone leads a feature "
                         "that no counted token activates",
                         tuned.scale.size(), tuned.untouchedScale));
    putShare(
        "biases_inhibiting",
        static_cast<double>(std::ranges::count_if(tuned.bias, [](double d) { return d < 0; })) /
            count,
        fmt::format("of {} features: d below 0", tuned.bias.size()));
  }

  void putChanged(std::string_view id, std::optional<FeatureId> feature, const std::string& text) {
    if (!feature) return putUndefined(id, "no scale was changed that way");
    const FeatureRecord record = results_.tunedIndex.feature(*feature);
    const std::string token = record.topToken.empty() ? "fires on nothing" : record.topToken;
    put(id, fmt::format("{}, {}", feature->value, token),
        "the token where it is strongest, in " + text);
  }

  const Settings& settings_;
  const Results& results_;
  std::map<std::string_view, Measured> here_;
};

}  // namespace

std::string_view name(Same same) {
  switch (same) {
    case Same::Yes:
      return "yes";
    case Same::No:
      return "no";
    case Same::Unknown:
      return "cannot be told";
  }
  return "";
}

std::string Verdict::sentence() const {
  std::string text(name(same));
  if (!differing.empty()) text += ": " + joined(differing);
  if (same == Same::Unknown) text += ": " + joined(unknown);
  return text;
}

std::vector<ComparedSetting> compareSettings(const Settings& settings, const Results& results) {
  const SettingsHere here(settings, results);
  std::vector<ComparedSetting> compared;
  compared.reserve(paperSettings().size());
  for (const PaperSetting& paper : paperSettings()) {
    const auto& [value, same] = here.at(paper.id);
    compared.push_back({paper, value, same});
  }
  return compared;
}

Verdict verdictOn(std::string_view settings, const std::vector<ComparedSetting>& compared) {
  Verdict verdict;
  for (const std::string& id : words(settings)) {
    const auto found = std::ranges::find_if(
        compared, [&id](const ComparedSetting& setting) { return setting.paper.id == id; });
    const std::string name(paperSetting(id).name);
    if (found->same == Same::No) verdict.differing.push_back(name);
    if (found->same == Same::Unknown) verdict.unknown.push_back(name);
  }
  verdict.same = !verdict.differing.empty() ? Same::No
                 : !verdict.unknown.empty() ? Same::Unknown
                                            : Same::Yes;
  return verdict;
}

std::vector<ComparedNumber> compareNumbers(const Settings& settings, const Results& results,
                                           const std::vector<ComparedSetting>& compared) {
  const NumbersHere here(settings, results);
  std::vector<ComparedNumber> numbers;
  numbers.reserve(paperNumbers().size());
  for (const PaperNumber& paper : paperNumbers()) {
    const Measured& ours = here.at(paper.id);
    numbers.push_back(
        {paper, ours.exact, ours.shown, ours.sentence, verdictOn(paper.settings, compared)});
  }
  return numbers;
}

std::string namesOf(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return "no text";
  std::string first = files.front().filename().string();
  if (files.size() == 1) return first;
  return fmt::format("{} and {} more", first, files.size() - 1);
}

}  // namespace featurescope::reproduction

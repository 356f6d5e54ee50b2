// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/items.h"

#include "ui/figures/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace featurescope::reproduction {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 15;     ///< of the paper's tables
constexpr std::int64_t kChanged = 10;  ///< features at either end

class ItemMaker {
 public:
  ItemMaker(const Settings& settings, const Results& results, const Layout& layout,
            const std::vector<ComparedSetting>& compared)
      : settings_(settings), results_(results), layout_(layout), compared_(compared) {}

  std::vector<Item> make() {
    layerLosses();
    curves();
    secondFeature();
    namedFeatures();
    cosines();
    fineTuningLoss();
    sortedValues();
    changed("most-enhanced", results_.mostEnhanced);
    changed("most-inhibited", results_.mostInhibited);
    changedFeatures();
    return std::move(items_);
  }

 private:
  /// `draw` may throw UserError{Unsupported}: then there is nothing to draw, and why is said.
  void add(std::string_view id, std::string measured, std::string command,
           const std::function<Figure()>& draw) {
    const PaperItem& paper = paperItem(id);
    addItem({.id = std::string(paper.id),
             .title = std::string(paper.title),
             .measured = std::move(measured),
             .shows = std::string(paper.shows),
             .section = std::string(paper.section),
             .verdict = verdictOn(paper.settings, compared_),
             .command = std::move(command),
             .figure = {}},
            draw);
  }

  void addItem(Item item, const std::function<Figure()>& draw) {
    try {
      item.figure = draw();
      item.figure->name = QString::fromStdString(item.id);
      item.figure->provenance = provenance();
    } catch (const UserError& error) {
      if (error.code() != ErrorCode::Unsupported) throw;
      item.measured += " There is nothing to draw: " + error.why() + ".";
    }
    items_.push_back(std::move(item));
  }

  /// What all of it was made from: hashes, so that it is the same wherever it was made.
  [[nodiscard]] FigureProvenance provenance() const {
    const Provenance index = results_.index.provenance();
    FigureProvenance of;
    for (const char* key : {"model_hash", "sae_hash", "site", "seed", "dtype"}) {
      const auto found = index.find(key);
      if (found != index.end()) of.emplace_back(key, found->second);
    }
    of.emplace_back("fine_tuning_hash", results_.tuned.scalesHash);
    return of;
  }

  /// As seen from the reproduction's folder; a given one by its name.
  [[nodiscard]] std::string pathOf(const fs::path& path) const {
    const fs::path below = path.lexically_relative(layout_.root);
    const bool inside = !below.empty() && *below.begin() != "..";
    return (inside ? below : path.filename()).string();
  }

  [[nodiscard]] std::string evaluationText() const { return namesOf(settings_.corpus.files); }

  void layerLosses() {
    add("layer-losses",
        fmt::format("Green: the loss of the model as it is; red: what the SAE adds to it in one "
                    "layer at a time; nats a predicted token, on the first {} tokens of {}.",
                    results_.layers.at("tokens").get<std::int64_t>(), evaluationText()),
        "featurescope figure layer-losses work/layers.json --out layer-losses.pdf",
        [&] { return layerLossesFigure(layout_.layers(), /*logarithmic=*/false); });
  }

  void curves() {
    struct Curve {
      const char* id;
      RunCurve curve;
      const char* what;
    };
    constexpr std::array kCurves{
        Curve{"sparsity", RunCurve::Sparsity,
              "Mean number of features active on a token of a step's batch, / M"},
        Curve{"l1-coeff", RunCurve::L1Coefficient, "The weight β of the L1 loss"},
        Curve{"l1-loss", RunCurve::L1Loss, "Mean over a step's tokens of the sum of features"},
        Curve{"recon-loss", RunCurve::ReconstructionLoss,
              "Mean over a step's tokens of the squared error, summed over dimensions"}};
    const TrainSettings& train = settings_.train;
    const std::string text = train.activations.empty() ? namesOf(train.corpus.files)
                                                       : train.activations.filename().string();
    for (const Curve& each : kCurves) {
      add(each.id,
          fmt::format("{}, over the tokens of a training run of {} steps on {}.", each.what,
                      results_.training->description.at("steps").dump(), text),
          fmt::format("featurescope figure {} {} --out {}.pdf", each.id,
                      pathOf(settings_.trainingRun), each.id),
          [&] {
            return runCurveFigure(each.curve, std::array{settings_.trainingRun}, "tokens", {});
          });
    }
  }

  void secondFeature() {
    const FeatureRecord record = results_.index.feature(results_.secondFeature);
    add("second-feature",
        fmt::format("Feature {}, active on {:.3g}% of {} tokens of {}: where it is strongest.",
                    record.feature.value, 100 * record.density, results_.index.tokenCount(),
                    evaluationText()),
        activationsCommand(layout_.index(), record.feature, "second-feature"),
        [&] { return activationsOf(results_.index, record.feature); });
  }

  static Figure activationsOf(const IndexReader& index, FeatureId feature) {
    if (index.feature(feature).dead) {
      throw UserError(ErrorCode::Unsupported, "cannot show the feature",
                      "none of these tokens activates it");
    }
    return activationsFigure(index, feature, kRows);
  }

  static std::string activationsCommand(const fs::path& index, FeatureId feature,
                                        std::string_view id) {
    return fmt::format("featurescope figure activations work/{} {} --out {}.pdf",
                       index.filename().string(), feature.value, id);
  }

  /// The features that the paper names, on the text that it shows them on, and those asked for.
  void namedFeatures() {
    const auto named = [&](FeatureId feature, const IndexReader& index, const fs::path& file,
                           const std::string& text, bool paper) {
      if (feature.value >= index.featureCount()) {
        if (paper) return;
        throw UserError(ErrorCode::OutOfRange, fmt::format("cannot show feature {}", feature.value),
                        fmt::format("the SAE has {} features", index.featureCount()),
                        fmt::format("choose one from 0 to {}", index.featureCount() - 1));
      }
      const std::string id = fmt::format("feature-{}", feature.value);
      if (std::ranges::find(items_, id, &Item::id) != items_.end()) return;
      const FeatureRecord record = index.feature(feature);
      const std::string tokens = fmt::format("{} tokens of {}", index.tokenCount(), text);
      addItem(
          {.id = id,
           .title = fmt::format("Feature {}", feature.value),
           .measured = record.dead ? fmt::format("On {}.", tokens)
                                   : fmt::format("Active on {:.3g}% of {}: where it is strongest.",
                                                 100 * record.density, tokens),
           .shows = paper ? "The paper names a feature of this id, of another SAE: an id means "
                            "nothing beyond the SAE that it belongs to."
                          : "",
           .section = paper ? "Results" : "",
           .verdict = {Same::No, {"SAE"}, {}},
           .command = activationsCommand(file, feature, id),
           .figure = {}},
          [&] { return activationsOf(index, feature); });
    };
    const std::string tuned = namesOf(settings_.tune.corpus.files);
    named(FeatureId{kTheFeature}, results_.index, layout_.index(), evaluationText(), true);
    for (const std::int32_t feature : {kColonFeature, kNewlineFeature}) {
      named(FeatureId{feature}, results_.tunedIndex, layout_.tunedIndex(), tuned, true);
    }
    for (const FeatureId feature : settings_.features) {
      named(feature, results_.index, layout_.index(), evaluationText(), false);
    }
  }

  void cosines() {
    const DeadDirection& direction = results_.cosines.decoderDirection;
    std::string measured = fmt::format(
        "Each decoder row's cosine with the mean of the dead ones; dead are the {} features that "
        "none of {} tokens of {} activates.",
        direction.dead.features, results_.index.tokenCount(), evaluationText());
    if (results_.anyDead() && results_.cosines.randomDirection) {
      measured += fmt::format(
          " The dashed line is the mean cosine ({:.3g}) of as many dead features of a random "
          "dictionary: a dead feature is part of the mean.",
          results_.cosines.randomDirection->dead.mean);
    }
    add("cosines", std::move(measured),
        "featurescope figure cosines work/index.sqlite --out cosines.pdf",
        [&] { return makeFigure(cosineHistogramOf(results_.cosines, {})); });
  }

  [[nodiscard]] std::string tuningText() const {
    return fmt::format("{} steps of {} records of {}", settings_.tune.steps(), settings_.tune.batch,
                       namesOf(settings_.tune.corpus.files));
  }

  void fineTuningLoss() {
    add("finetune-loss", fmt::format("Nats a counted token of a step's batch; {}.", tuningText()),
        fmt::format("featurescope figure finetune-loss {} --out finetune-loss.pdf",
                    pathOf(settings_.fineTuningRun)),
        [&] {
          return runCurveFigure(RunCurve::FineTuningLoss, std::array{settings_.fineTuningRun},
                                "step", {});
        });
  }

  void sortedValues() {
    const std::string run = pathOf(settings_.fineTuningRun);
    add("biases",
        fmt::format("d of {} features after {}, the largest first (the paper: the smallest first).",
                    results_.tuned.bias.size(), tuningText()),
        "featurescope figure biases " + run + " --out biases.pdf",
        [&] { return biasesFigure(settings_.fineTuningRun); });
    add("scales",
        fmt::format("c of {} features after {}, the largest first (the paper: the smallest first). "
                    "The dashed line is where weight decay alone leads c.",
                    results_.tuned.scale.size(), tuningText()),
        "featurescope figure scales " + run + " --out scales.pdf",
        [&] { return scalesFigure(settings_.fineTuningRun); });
  }

  void changed(std::string_view id, std::optional<FeatureId> feature) {
    const std::string text = fmt::format("{} tokens of {}", results_.tunedIndex.tokenCount(),
                                         namesOf(settings_.tune.corpus.files));
    if (!feature) {
      return add(id, "No feature's scale was changed that way.", "", []() -> Figure {
        throw UserError(ErrorCode::Unsupported, "cannot draw it", "there is no such feature");
      });
    }
    const auto f = static_cast<std::size_t>(feature->value);
    add(id,
        fmt::format("Feature {} (c = {:.4g}, d = {:.3g}): where it is strongest before "
                    "fine-tuning, in {}, and its activation there after it.",
                    feature->value, results_.tuned.scale[f], results_.tuned.bias[f], text),
        activationsCommand(layout_.tunedIndex(), *feature, id),
        [&] { return activationsOf(results_.tunedIndex, *feature); });
  }

  void changedFeatures() {
    add("changed-features",
        fmt::format("The features whose c ended farthest from {:.6g}, where weight decay alone "
                    "leads it; top token and largest activations in {} tokens of {}.",
                    results_.tuned.untouchedScale, results_.tunedIndex.tokenCount(),
                    namesOf(settings_.tune.corpus.files)),
        fmt::format("featurescope figure changed-features work/finetuned.sqlite {} --limit {} "
                    "--out changed-features.pdf",
                    pathOf(settings_.fineTuningRun), kChanged),
        [&] { return changedFeaturesFigure(results_.tuned, results_.tunedIndex, kChanged); });
  }

  const Settings& settings_;
  const Results& results_;
  const Layout& layout_;
  const std::vector<ComparedSetting>& compared_;
  std::vector<Item> items_;
};

}  // namespace

std::vector<std::string> Item::endings() const {
  if (!figure) return {};
  if (figure->shown) return {"csv", "pdf", "svg", "png", "tex", "md"};
  return {"csv", "pdf", "svg", "png"};
}

std::vector<Item> makeItems(const Settings& settings, const Results& results, const Layout& layout,
                            const std::vector<ComparedSetting>& compared) {
  return ItemMaker(settings, results, layout, compared).make();
}

}  // namespace featurescope::reproduction

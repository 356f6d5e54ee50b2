// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/verbs.h"
#include "core/analysis/compare_features.h"
#include "core/study/feature_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace featurescope::cli {

namespace {

using Figures = nlohmann::ordered_json;

Figures figuresOf(const std::vector<ComparedToken>& tokens) {
  Figures list = Figures::array();
  for (const auto& [strToken, logit, targets] : tokens) {
    list.push_back({{"token", strToken}, {"logit", logit}, {"targets", targets}});
  }
  return list;
}

Figures figuresOf(const std::optional<double>& value) {
  return value ? Figures(*value) : Figures();
}

Figures figuresOf(const std::vector<ChangedFeature>& features) {
  Figures list = Figures::array();
  for (const ChangedFeature& feature : features) {
    Figures activations = Figures::array();
    for (const auto& [strToken, context, before, after] : feature.activations) {
      activations.push_back({{"str_token", strToken},
                             {"context", context},
                             {"activation", before},
                             {"activation_ft", after}});
    }
    list.push_back(
        {{"feature", feature.feature.value},
         {"activations", std::move(activations)},
         {"promoted", figuresOf(feature.promoted)},
         {"suppressed", figuresOf(feature.suppressed)},
         {"mean_target_logit", figuresOf(feature.meanTargetLogit)},
         {"mean_target_logit_where_active", figuresOf(feature.meanTargetLogitWhereActive)}});
  }
  return list;
}

std::vector<Cell> rowOf(const FeatureChange& change) {
  return {std::int64_t{change.feature.value},
          change.scale,
          change.bias,
          change.scaleChange,
          change.activeBefore,
          change.activeAfter,
          change.meanBefore,
          change.meanAfter,
          change.meanChange(),
          change.maxBefore,
          change.maxAfter,
          Text{change.topToken}};
}

std::string tableOf(const ChangedFeature& feature, std::string_view how) {
  std::string text = fmt::format("\nfeature {}, {}\n  {:>10}  {:>10}  context\n",
                                 feature.feature.value, how, "before", "after");
  for (const auto& [strToken, context, before, after] : feature.activations) {
    text += fmt::format("  {:>10.4f}  {:>10.4f}  {}  |{}|\n", before, after, context, strToken);
  }
  const auto tokens = [&](std::string_view name, const std::vector<ComparedToken>& some) {
    if (some.empty()) return;
    text += fmt::format("  of the text's targets it {}:", name);
    for (const auto& token : some) text += fmt::format("  {} {:.3f}", token.strToken, token.logit);
    text += "\n";
  };
  tokens("promotes", feature.promoted);
  tokens("suppresses", feature.suppressed);
  return text;
}

class CompareVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("RUN", "", request_.run, "the folder of a finished finetune run").required();
    flags.paths("--text", "FILE...", request_.texts, "compare on these texts")
        .defaultsTo("those of the run");
    flags.whole("--tokens", request_.tokens, "read at most so many tokens");
    flags.path("--index", "INDEX", index_,
               "an index of the SAE, for each feature's label (from its study's notes) and its top "
               "token there");
    flags.choice("--sort", sort_, {"scale", "bias", "mean", "feature"},
                 "by the change of scale, of bias or of the mean activation, or by id");
    flags.whole("--limit", limit_, "rows: so many that rose most and as many that fell most");
    flags.whole("--closer", request_.features,
                "features to show closer, most enhanced and as many most inhibited", 0);
    flags.whole("--examples", request_.examples, "activations of each of those");
    output_.declare(flags);
  }

  void run(const Session& session) override {
    output_.check(session);
    request_.compute = session.flags.compute;
    const FeatureComparison comparison = compareFeatures(request_, session.job());
    RowTable table;
    table.columns = {"feature", "scale",   "bias",        "scale_change", "active", "active_ft",
                     "mean",    "mean_ft", "mean_change", "max",          "max_ft", "top_token"};
    FeatureNames names;
    if (!index_.empty()) {
      names = readFeatureNames(index_, comparison.saeHash);
      table.columns.insert(table.columns.end(), {"label", "index_top_token"});
    }
    for (const FeatureChange& change : chosen(comparison.features)) {
      table.rows.push_back(rowOf(change));
      if (index_.empty()) continue;
      const auto f = static_cast<std::size_t>(change.feature.value);
      table.rows.back().push_back(Text{names.labels.at(f)});
      table.rows.back().push_back(Text{names.topTokens.at(f)});
    }
    table.more = {{"tokens", comparison.tokens},
                  {"enhanced", comparison.enhanced},
                  {"inhibited", comparison.inhibited},
                  {"untouched", comparison.untouched},
                  {"untouched_scale", comparison.untouchedScale},
                  {"most_enhanced", figuresOf(comparison.mostEnhanced)},
                  {"most_inhibited", figuresOf(comparison.mostInhibited)}};
    output_.print(table, session);
    if (!session.flags.json && !output_.fillsStdout())
      session.output.write(sentencesOf(comparison));
  }

 private:
  [[nodiscard]] std::function<double(const FeatureChange&)> key() const {
    if (sort_ == "bias") return [](const FeatureChange& change) { return double{change.bias}; };
    if (sort_ == "mean") return [](const FeatureChange& change) { return change.meanChange(); };
    return [](const FeatureChange& change) { return change.scaleChange; };
  }

  [[nodiscard]] std::vector<FeatureChange> chosen(std::vector<FeatureChange> features) const {
    if (sort_ == "feature") return features;
    std::ranges::stable_sort(features, std::greater(), key());
    const auto count = std::ssize(features);
    if (2 * limit_ >= count) return features;
    features.erase(features.begin() + limit_, features.end() - limit_);
    return features;
  }

  static std::string sentencesOf(const FeatureComparison& comparison) {
    std::string text = fmt::format("\n{} features enhanced, {} inhibited, {} untouched\n",
                                   comparison.enhanced, comparison.inhibited, comparison.untouched);
    for (const auto& feature : comparison.mostEnhanced) text += tableOf(feature, "enhanced");
    for (const auto& feature : comparison.mostInhibited) text += tableOf(feature, "inhibited");
    return text;
  }

  CompareRequest request_;
  std::filesystem::path index_;
  std::string sort_ = "scale";
  std::int64_t limit_ = 10;
  RowOutput output_;
};

}  // namespace

const VerbEntry kCompare{
    .name = "compare",
    .group = "What features fire on",
    .summary = "what a fine-tuning did to the features",
    .usage = "RUN [FLAGS]",
    .description =
        "Runs a text through both codes, before and after, and lists the features by change: scale "
        "and bias, the change of the scale against a feature that nothing touched, tokens that "
        "activate it, mean activation over all tokens and largest one, each before and after "
        "(_ft). "
        "Below, the features that were enhanced and inhibited most: where they are strongest, and "
        "which of the text's targets they promote and suppress (direct logit attribution).",
    .examples =
        "featurescope finetune --model demo/model --sae demo/sae --layer 1 --text "
        "demo/texts/arithmetic.jsonl --epochs 1 --steps-per-epoch 20 --measure-tokens 2000 --out "
        "compared\n"
        "featurescope compare compared --tokens 2000 --limit 3 --closer 2",
    .writes = true,
    .make = makeVerb<CompareVerb>};

}  // namespace featurescope::cli

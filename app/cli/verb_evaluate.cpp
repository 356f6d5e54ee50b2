// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/layer_range.h"
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"
#include "core/analysis/evaluate.h"
#include "core/analysis/evaluation_json.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope::cli {

namespace {

/// "F,F,…"
std::vector<FeatureId> parseFeatures(const std::string& text) {
  std::vector<FeatureId> features;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto feature = wholeNumber(std::string_view(text).substr(begin, end - begin));
    if (!feature) {
      throw wrongUsage("cannot use --ablate " + text, "it is not feature ids joined by commas",
                       "for instance --ablate 12,619");
    }
    features.push_back(FeatureId{*feature});
    begin = end + 1;
  }
  return features;
}

std::string text(const std::optional<Estimate>& estimate) {
  if (!estimate) return "not defined: ablating costs nothing";
  return fmt::format("{:.2f}% ({:.2f} to {:.2f}%)", 100 * estimate->value, 100 * estimate->low,
                     100 * estimate->high);
}

std::string text(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string sentencesOf(const EvaluateReport& report) {
  std::string lines = fmt::format(
      "{} tokens in {} contexts; losses are nats a predicted token\n"
      "  loss, model as it is      {:.4f}\n"
      "  loss, SAE in place        {:.4f}\n"
      "  loss, zeros in place      {:.4f}   recovered {}\n"
      "  loss, the mean in place   {:.4f}   recovered {}\n"
      "  l0                        {:.2f}\n"
      "  explained variance        {}\n"
      "  recon_loss                {:.5g}\n"
      "  cosine of x and output    {:.4f}\n"
      "  dead features             {} of {}\n",
      report.tokens, report.corpus.contexts, report.losses.base, report.losses.sae,
      report.losses.zero, text(report.recovered.zero), report.losses.mean,
      text(report.recovered.mean), report.l0, text(report.explainedVariance),
      report.reconstructionLoss, report.cosine, report.dead, report.features);
  if (!report.layers.empty()) lines += "layer       SAE     zeros\n";
  for (const auto& [layer, sae, zero] : report.layers) {
    lines += fmt::format("{:5}  {:8.4f}  {:8.4f}\n", layer.value, sae, zero);
  }
  if (!report.ablations.empty()) {
    lines += "feature  active tokens  loss change   KL        where active: loss change  KL\n";
  }
  for (const FeatureAblation& ablation : report.ablations) {
    lines +=
        fmt::format("{:7}  {:13}  {:<12.4g}  {:<8.4g}  {:<25}  {}\n", ablation.feature.value,
                    ablation.activeTokens, ablation.lossChange, ablation.divergence,
                    text(ablation.lossChangeWhereActive), text(ablation.divergenceWhereActive));
  }
  return lines;
}

class EvaluateVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder").required();
    flags.path("--sae", "PATH", request_.sae, "the SAE's checkpoint, or a training run").required();
    site_.declare(flags, "the layer to insert the SAE at");
    flags.text("--layers", "A-B", layers_,
               "in place of --layer: the same SAE inserted at each of these layers alone; all "
               "other figures are layer A's");
    flags.path("--finetune", "RUN", request_.fineTuning,
               "insert the SAE with the scales and biases of this fine-tuning");
    flags.text("--ablate", "F,F,...", ablate_,
               "also take these features out of the model's activations one by one: change of the "
               "loss, and KL divergence of the next token");
    flags.section("Text");
    corpus_.declare(flags);
    flags.whole("--tokens", tokens_, "stop after whole contexts of at most this many tokens")
        .defaultsTo("all");
    flags.whole("--batch", request_.batch, "contexts a forward pass");
  }

  void run(const Session& session) override {
    settle();
    request_.compute = session.flags.compute;
    const EvaluateReport report = evaluate(request_, session.job());
    if (report.corpus.droppedTokens > 0) {
      session.progress.note(fmt::format("{} tokens were left out: they fill no context",
                                        report.corpus.droppedTokens));
    }
    session.report(toJson(report), sentencesOf(report));
  }

 private:
  void settle() {
    if (layers_.empty()) {
      request_.site = site_.site();
    } else {
      if (site_.givesLayer()) {
        throw wrongUsage("cannot evaluate", "--layer and --layers are both given",
                         "give one of them");
      }
      const auto [first, last] = parseLayers(layers_);
      request_.site = site_.siteOfLayer(first);
      request_.lastLayer = last;
    }
    if (!ablate_.empty()) request_.ablations = parseFeatures(ablate_);
    request_.corpus = corpus_.options();
    request_.corpus.maxTokens = tokens_;
    if (request_.corpus.files.empty()) {
      throw wrongUsage("cannot run `featurescope evaluate`", "--text FILE... is missing",
                       "see `featurescope evaluate --help`");
    }
  }

  EvaluateRequest request_;
  SiteFlags site_;
  CorpusFlags corpus_;
  std::string layers_, ablate_;
  std::optional<std::int64_t> tokens_;
};

}  // namespace

const VerbEntry kEvaluate{
    .name = "evaluate",
    .group = "What features fire on",
    .summary = "what inserting an SAE does to the model's loss, and how well it reconstructs",
    .usage = "--model DIR --sae PATH (--layer L | --layers A-B) --text FILE... [FLAGS]",
    .description =
        "Runs a text through the model as it is, with the SAE in place of the site, and with zeros "
        "and the site's mean there. recovered is the share of the loss which ablating costs that "
        "the SAE keeps: (ablated - sae) / (ablated - base), with a 95% interval (bootstrap over "
        "contexts). Also l0, explained variance, reconstruction loss and dead features.",
    .examples =
        "featurescope evaluate --model demo/model --sae demo/sae --layer 1 --text "
        "demo/texts/heldout.jsonl --tokens 20000\n"
        "featurescope evaluate --model demo/model --sae demo/sae --layers 0-3 --text "
        "demo/texts/chess.txt --tokens 5000",
    .writes = false,
    .make = makeVerb<EvaluateVerb>};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/layer_range.h"
#include "app/cli/reproduce_request.h"
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"

namespace featurescope::cli {

namespace {

class ReproduceVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags
        .path("--out", "DIR", request_.out,
              "the folder to make; one of the same settings is gone on with")
        .required();
    flags.toggle("--quick", request_.quick,
                 "minutes in place of hours: shorter runs, on fewer tokens");
    flags.section("Model and SAE (without --model: the bundled demo)");
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder");
    flags
        .path("--sae", "PATH", request_.sae,
              "the SAE's checkpoint; a training run's curves are then shown, too")
        .defaultsTo("what the training run makes");
    site_.declare(flags, "the layer the SAE reads");
    corpus_.declare(flags);
    flags.whole("--tokens", tokens_, "index and evaluate on at most so many tokens")
        .defaultsTo("200000, with --quick 10000");
    flags.text("--layers", "A-B", layers_, "layers of the bar chart").defaultsTo("the first eight");
    flags.whole("--wrong-layer", wrongLayer_, "a layer the SAE was not trained for", 0)
        .defaultsTo("the last");
    flags.wholes("--feature", features_,
                 "also the table of this feature (may be repeated), besides the second most "
                 "frequent one and those the paper names where the SAE has them");
    flags.section("Training run");
    flags.path("--training", "RUN", request_.training,
               "show the curves of this run, in place of one made for it");
    flags.paths("--train-text", "FILE...", request_.trainTexts, "train on these texts")
        .defaultsTo("those of --text");
    flags.whole("--train-steps", request_.trainSteps, "steps to train")
        .defaultsTo("20000, with --quick 2400");
    flags.section("Fine-tuning");
    flags.path("--finetuning", "RUN", request_.fineTuning,
               "show this run, in place of one made for it");
    flags.paths("--finetune-text", "FILE...", request_.tuneTexts, "fine-tune on these texts")
        .defaultsTo("those of --text");
    flags.path("--finetune-model", "DIR", request_.tuneModel,
               "fine-tune this model: the paper took a smaller one");
    flags.path("--finetune-sae", "PATH", request_.tuneSae, "through this SAE");
    flags.text("--finetune-layer", "L", tuneLayer_, "in this layer");
    flags.whole("--epochs", request_.epochs, "how often the records are gone through")
        .defaultsTo("10, with --quick 2");
    flags.whole("--steps-per-epoch", request_.stepsPerEpoch, "steps of an epoch")
        .defaultsTo("200, with --quick 50");
  }

  void run(const Session& session) override {
    if (site_.given()) request_.site = site_.site();
    if (!tuneLayer_.empty()) request_.tuneSite = Site::fromFlags(tuneLayer_, "");
    request_.corpus = corpus_.options();
    request_.corpus.maxTokens = tokens_;
    if (!layers_.empty()) std::tie(request_.firstLayer, request_.lastLayer) = parseLayers(layers_);
    if (wrongLayer_) request_.wrongLayer = Layer{static_cast<std::int32_t>(*wrongLayer_)};
    for (const std::int64_t feature : features_) {
      request_.features.push_back(FeatureId{static_cast<std::int32_t>(feature)});
    }
    checkUsage(session.given);
    reproduce(request_, session);
  }

 private:
  void checkUsage(const Flags& given) const {
    const auto fail = [](const std::string& why) {
      throw wrongUsage("cannot run `featurescope reproduce`", why,
                       "see `featurescope reproduce --help`");
    };
    if (!request_.model) {
      for (const char* flag : {"--sae", "--layer", "--site", "--text"}) {
        if (given.given(flag)) fail(std::string(flag) + " is of no use without --model");
      }
    } else {
      if (!request_.site) fail("--layer is missing");
      if (request_.corpus.files.empty()) fail("--text FILE... is missing");
    }
    if (request_.training && (!request_.trainTexts.empty() || request_.trainSteps)) {
      fail("--training shows a run as it is: --train-text and --train-steps are of no use");
    }
    const bool tunes = !request_.tuneTexts.empty() || request_.tuneModel || request_.tuneSae ||
                       request_.tuneSite || request_.epochs || request_.stepsPerEpoch;
    if (request_.fineTuning && tunes) {
      fail("--finetuning shows a run as it is: its settings cannot be given");
    }
    if (request_.tuneModel.has_value() != request_.tuneSae.has_value() ||
        request_.tuneModel.has_value() != request_.tuneSite.has_value()) {
      fail("--finetune-model, --finetune-sae and --finetune-layer belong together");
    }
  }

  ReproduceRequest request_;
  SiteFlags site_;
  CorpusFlags corpus_;
  std::optional<std::int64_t> tokens_, wrongLayer_;
  std::vector<std::int64_t> features_;
  std::string layers_, tuneLayer_;
};

}  // namespace

const VerbEntry kReproduce{
    .name = "reproduce",
    .group = "What features fire on",
    .summary = "every figure and table of the paper with its data, and one report",
    .usage = "--out DIR [--model DIR [--sae PATH] --layer L --text FILE...] [FLAGS]",
    .description =
        "Trains, indexes, evaluates and fine-tunes what is needed for each figure, table and "
        "number of \"Sparse Autoencoders for a More Interpretable RLHF\", and sets it beside the "
        "paper's own: report.html and report.md, report.json, figures/ (each as PDF, SVG and PNG "
        "with its numbers as CSV, tables as LaTeX and Markdown, too) and work/ (the runs, indexes "
        "and evaluations, which the other verbs and the window read). Where a setting is not the "
        "paper's, the report says so. Called again it goes on where it was, however it ended; "
        "what is finished is left as it is.",
    .examples = "featurescope reproduce --quick --train-steps 50 --tokens 2000 --out reproduced",
    .writes = true,
    .make = makeVerb<ReproduceVerb>};

}  // namespace featurescope::cli

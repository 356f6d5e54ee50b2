// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"
#include "core/analysis/build_index.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

class IndexVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder").required();
    flags.path("--sae", "PATH", request_.sae, "the SAE's checkpoint, or a training run").required();
    site_.declare(flags, "the layer the SAE reads");
    flags.path("--finetune", "RUN", request_.fineTuning,
               "also store what features fire with after this fine-tuning");
    flags.path("--out", "INDEX.sqlite", request_.out, "the file to write").required();
    flags.section("Text");
    corpus_.declare(flags);
    flags.whole("--tokens", tokens_, "stop after whole contexts of at most this many tokens")
        .defaultsTo("all");
    flags.section("What to keep of each feature (0: nothing)");
    IndexDetail& detail = request_.detail;
    flags.whole("--top", detail.top, "strongest activations, at least 1");
    flags.whole("--quantiles", detail.quantiles,
                "groups of equally many activations, from the strongest to the weakest", 0);
    flags.whole("--quantile-examples", detail.quantileExamples,
                "activations drawn from each of these groups", 0);
    flags.whole("--samples", detail.samples, "activations drawn from all of them", 0);
    flags.whole("--near-misses", detail.nearMisses,
                "tokens of largest pre-activation, among drawn ones, that do not activate it", 0);
    flags.whole("--feature-tokens", detail.featureTokens, "tokens it fires on most", 0);
    flags.whole("--neighbours", detail.neighbours,
                "nearest features by decoder and encoder cosine, Jaccard index and correlation", 0);
    flags.whole("--logit-tokens", detail.logitTokens,
                "tokens that it promotes most, and as many that it suppresses most", 0);
    flags.section("Work and room");
    flags.whole("--postings-budget", detail.postingsBudget,
                "bytes for the places of all tokens and activations, which searching reads; beyond "
                "them the weakest activations of the densest features are left out",
                0);
    flags.whole("--batch", request_.batch, "contexts a forward pass");
  }

  void run(const Session& session) override {
    request_.site = site_.site();
    request_.corpus = corpus_.options();
    request_.corpus.maxTokens = tokens_;
    if (request_.corpus.files.empty()) {
      throw wrongUsage("cannot run `featurescope index`", "--text FILE... is missing",
                       "see `featurescope index --help`");
    }
    request_.force = session.flags.force;
    request_.compute = session.flags.compute;
    applyThreads(session.flags.compute);
    const IndexReport report = buildIndex(request_, session.job());
    const double rate = static_cast<double>(report.tokens) / std::max(report.seconds, 1e-9);
    session.report({{"out", request_.out.string()},
                    {"tokens", report.tokens},
                    {"contexts", report.contexts},
                    {"dropped_tokens", report.droppedTokens},
                    {"features", report.features},
                    {"dead", report.dead},
                    {"l0", report.l0},
                    {"seconds", report.seconds},
                    {"model_seconds", report.modelSeconds},
                    {"tokens_per_second", rate}},
                   fmt::format("wrote {}: {} features over {} tokens\n"
                               "  dead    {}\n"
                               "  l0      {:.2f}\n"
                               "  time    {:.1f} s ({:.0f} tokens/s)\n",
                               request_.out.string(), report.features, report.tokens, report.dead,
                               report.l0, report.seconds, rate));
  }

 private:
  IndexRequest request_;
  SiteFlags site_;
  CorpusFlags corpus_;
  std::optional<std::int64_t> tokens_;
};

}  // namespace

const VerbEntry kIndex{
    .name = "index",
    .group = "What features fire on",
    .summary = "run a text through a model and an SAE, and store what every feature fires on",
    .usage = "--model DIR --sae PATH --layer L --text FILE... --out INDEX.sqlite [FLAGS]",
    .description =
        "The result is one SQLite file with every feature's statistics, strongest and drawn "
        "activations, tokens, neighbours and logits, and all places where it fires. Read it with "
        "`featurescope features`, `featurescope activations`, "
        "the window, or any SQLite program (views feature_table, top_activation and "
        "provenance).",
    .examples =
        "featurescope index --model demo/model --sae demo/sae --layer 1 --text "
        "demo/texts/chess.txt --out chess.sqlite",
    .writes = true,
    .make = makeVerb<IndexVerb>};

}  // namespace featurescope::cli

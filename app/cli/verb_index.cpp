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
    flags.section("Index");
    flags.whole("--top", request_.top, "strongest activations to keep of each feature");
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
        "The result is one SQLite file with every feature's statistics and strongest "
        "activations. Read it with `featurescope features`, `featurescope activations`, "
        "the window, or any SQLite program (views feature_table, top_activation and "
        "provenance).",
    .examples =
        "featurescope index --model demo/model --sae demo/sae --layer 1 --text "
        "demo/texts/chess.txt --out chess.sqlite",
    .writes = true,
    .make = makeVerb<IndexVerb>};

}  // namespace featurescope::cli

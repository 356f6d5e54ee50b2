// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/bench/run_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace featurescope::cli {

namespace {

using Figures = nlohmann::ordered_json;

std::vector<std::string> kindNames() {
  std::vector<std::string> names;
  for (const BenchKind kind : benchKinds()) names.emplace_back(nameOf(kind));
  return names;
}

std::vector<BenchKind> kindsOf(const std::string& what) {
  std::vector<BenchKind> kinds = benchKinds();
  if (!what.empty()) std::erase_if(kinds, [&](BenchKind kind) { return nameOf(kind) != what; });
  return kinds;
}

/// What a dense program of the same run needs, in units of ours.
std::optional<double> timesOurs(const Throughput& of, const BenchReport& report) {
  const bool updates = of.name.starts_with("update");
  if (!updates && !of.name.starts_with("dense")) return std::nullopt;
  // Ours come first; the update alone is the second.
  const auto found =
      std::find_if(report.throughputs.begin(), report.throughputs.end(), [&](const Throughput& t) {
        return t.kind == of.kind && (!updates || t.name == "optimiser");
      });
  if (found == report.throughputs.end()) return std::nullopt;
  return of.median / found->median;
}

Figures figuresOf(const BenchReport& report, const BenchRequest& request) {
  Figures figures{{"machine", report.machine},
                  {"shapes",
                   {{"d", request.width},
                    {"m", request.features},
                    {"tokens", request.tokens},
                    {"index_tokens", request.indexTokens},
                    {"active", request.active},
                    {"layers", request.layers},
                    {"heads", request.heads},
                    {"d_ff", request.innerWidth},
                    {"vocab", request.vocabulary},
                    {"batch", request.batch},
                    {"context", request.context},
                    {"layer", request.layer}}},
                  {"results", Figures::array()}};
  for (const Throughput& of : report.throughputs) {
    Figures result{{"what", nameOf(of.kind)},
                   {"name", of.name},
                   {"unit", of.unit},
                   {"per_second", of.perSecond()},
                   {"seconds", {{"median", of.median}, {"low", of.low}, {"high", of.high}}},
                   {"repetitions", of.repetitions}};
    if (const auto times = timesOurs(of, report)) result["times_ours"] = *times;
    figures["results"].push_back(std::move(result));
  }
  for (const Agreement& agreement : report.agreements) {
    figures["compared"].push_back(
        {{"what", nameOf(agreement.kind)},
         {"of", agreement.of},
         {"compared", agreement.compared},
         {"largest_relative_difference", agreement.largestRelativeDifference}});
  }
  return figures;
}

/// "184 Gflop/s", "88.1 ktokens/s"
std::string rateOf(const Throughput& of) {
  constexpr std::array kPrefixes{"", "k", "M", "G", "T"};
  double rate = of.perSecond();
  std::size_t prefix = 0;
  for (; rate >= 1000 && prefix + 1 < kPrefixes.size(); ++prefix) rate /= 1000;
  return fmt::format("{:.3g} {}{}/s", rate, kPrefixes[prefix], of.unit);
}

std::string sentencesOf(const BenchReport& report) {
  std::string lines =
      fmt::format("{}, {}, float32 products by {}\n", report.machine.value("cpu", ""),
                  report.machine.value("device", ""), report.machine.value("float32_products", ""));
  lines += fmt::format("{:<9} {:<38} {:>18} {:>11} {:>23}\n", "", "", "rate", "median ms",
                       "10% to 90%, ms");
  for (const Throughput& of : report.throughputs) {
    lines +=
        fmt::format("{:<9} {:<38} {:>18} {:>11.4g} {:>23}", nameOf(of.kind), of.name, rateOf(of),
                    1e3 * of.median, fmt::format("{:.4g} to {:.4g}", 1e3 * of.low, 1e3 * of.high));
    if (const auto times = timesOurs(of, report)) lines += fmt::format("  {:.2f} x ours", *times);
    lines += '\n';
  }
  for (const Agreement& agreement : report.agreements) {
    lines += fmt::format("{}: {} ({}) differ from the dense program's by at most {:.2g}\n",
                         nameOf(agreement.kind), agreement.of, agreement.compared,
                         agreement.largestRelativeDifference);
  }
  return lines;
}

class BenchVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.choice("WHAT", what_, kindNames(), "gemm, tokenize, forward, train, index or finetune")
        .defaultsTo("all of them");
    flags.choice("--against", against_, {"nothing", "dense"},
                 "train, index, finetune: LibTorch's own dense programs beside ours, in one run");
    flags.number("--seconds", request_.seconds, "how long each thing is measured");
    flags.section("Shapes");
    flags.whole("--d", request_.width, "width of the site, and of the model");
    flags.whole("--features", request_.features, "M of the SAE");
    flags.whole("--step-tokens", request_.tokens, "tokens of a training step");
    flags.number("--active", request_.active, "share of a token's features that are active", 0, 1);
    flags.toggle("--project", request_.projects, "train: project the decoder's gradient");
    flags.whole("--compared-steps", request_.comparedSteps,
                "with --against dense: steps whose losses are compared", 0);
    flags.whole("--index-tokens", request_.indexTokens,
                "index: tokens whose activations are given");
    flags.whole("--layers", request_.layers, "of the model");
    flags.whole("--heads", request_.heads, "of the model");
    flags.whole("--d-ff", request_.innerWidth, "width of the model's MLPs");
    flags.whole("--vocab", request_.vocabulary, "of the model");
    flags.whole("--layer", request_.layer, "forward: to this layer's MLP output; finetune: there",
                0);
    flags.whole("--batch", request_.batch, "forward: contexts a pass");
    flags.whole("--context", request_.context, "forward: tokens a context");
    flags.section("Text");
    flags.path("--tokenizer", "FILE", request_.tokenizer, "a tokenizer.json or its folder")
        .defaultsTo("the demo's");
    flags.path("--text", "FILE", request_.text, "tokenized by lines").defaultsTo("the demo's");
  }

  void run(const Session& session) override {
    request_.kinds = kindsOf(what_);
    request_.againstDense = against_ == "dense";
    request_.compute = session.flags.compute;
    const BenchReport report = runBench(request_, session.job());
    session.report(figuresOf(report, request_), sentencesOf(report));
  }

 private:
  BenchRequest request_;
  std::string what_, against_ = "nothing";
};

}  // namespace

const VerbEntry kBench{
    .name = "bench",
    .group = "Start here",
    .summary = "how fast this machine is: products, tokenizer, model, training, index",
    .usage = "[WHAT] [FLAGS]",
    .description =
        "Measures throughputs on random weights of the given shapes, after a warm-up, in turns, "
        "and "
        "prints the median with the tenth and ninetieth percentile. train is one step from the "
        "batch "
        "to updated parameters; index encodes given activations and collects all that an index "
        "holds; finetune is one step of c and d. With --against dense LibTorch's dense programs "
        "run beside them (train: the composition of torch::optim::Adam, and fused Adam; index: the "
        "running top 20 of every feature; finetune: autograd through the model), and the results "
        "of both are compared.",
    .examples =
        "featurescope bench gemm --d 128 --features 512 --seconds 0.1\n"
        "featurescope bench train --against dense --d 64 --features 256 --seconds 0.1",
    .writes = false,
    .make = makeVerb<BenchVerb>};

}  // namespace featurescope::cli

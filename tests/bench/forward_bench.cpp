// SPDX-License-Identifier: GPL-3.0-or-later
// The language model at Pythia-70m's shape on 8 × 128 tokens: to layer 1's MLP output, whole, and
// with the loss. items_per_second is tokens a second. tests/parity/forward_speed.py sets the same
// passes of transformers beside these.
#include "core/lm/compute.h"
#include "core/lm/language_model_torch.h"
#include "tests/support/tiny_model.h"

#include <benchmark/benchmark.h>

namespace featurescope {
namespace {

constexpr std::int64_t kRows = 8, kLength = 128;
constexpr Site kSite{Layer{1}, SiteKind::MlpOut};

NeoxConfig pythia70m() {
  return testing::configOf({.layers = 6,
                            .width = 512,
                            .heads = 8,
                            .innerWidth = 2048,
                            .vocabulary = 50304,
                            .maxPositions = 2048});
}

/// Made once for each arithmetic: 70 million random numbers take a while.
const LanguageModel& model(at::ScalarType dtype) {
  static const NeoxWeights weights = [] {
    applyThreads({});
    return NeoxWeights::random(pythia70m(), 0);
  }();
  static std::map<at::ScalarType, LanguageModel> models;
  const auto found = models.find(dtype);
  if (found != models.end()) return found->second;
  NeoxWeights converted = weights;
  for (const auto& [name, tensor] : converted.named()) *tensor = tensor->to(dtype);
  return models.emplace(dtype, LanguageModel(pythia70m(), std::move(converted))).first->second;
}

/// Times `pass(model, tokens)` in the arithmetic of the benchmark's argument.
template <class Pass>
void measure(benchmark::State& state, Pass pass) {
  const at::NoGradGuard noGrad;
  const LanguageModel& lm = model(static_cast<at::ScalarType>(state.range(0)));
  const at::Tensor tokens = testing::randomTokens(kRows, kLength, 50000);
  for (auto _ : state) {
    at::Tensor result = pass(lm, tokens);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * kRows * kLength);
}

void forwardToLayerOne(benchmark::State& state) {
  measure(state, [](const auto& lm, const auto& tokens) { return lm.activations(tokens, kSite); });
}

void forwardLogits(benchmark::State& state) {
  measure(state, [](const auto& lm, const auto& tokens) {
    return lm.logits(lm.forward(tokens, {}, std::nullopt, true).hidden);
  });
}

void forwardLoss(benchmark::State& state) {
  measure(state, [](const auto& lm, const auto& tokens) {
    return lm.tokenLosses(lm.forward(tokens, {}, std::nullopt, true).hidden, tokens);
  });
}

void inEachArithmetic(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("dtype")->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) benchmark->Arg(static_cast<int>(dtype));
}

BENCHMARK(forwardToLayerOne)->Apply(inEachArithmetic);
BENCHMARK(forwardLogits)->Apply(inEachArithmetic);
BENCHMARK(forwardLoss)->Apply(inEachArithmetic);

}  // namespace
}  // namespace featurescope

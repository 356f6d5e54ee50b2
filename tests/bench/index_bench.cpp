// SPDX-License-Identifier: GPL-3.0-or-later
// Indexing on given activations, 64 Ki tokens of width 512, batches of 2048, float32, CPU.
//   encodeAndIndex   the screened encoder and every collector of an index
//   collectors       the same without the encoder: codes are given
//   denseTopK        what a plain program does with LibTorch: dense f, a running top 20 of every
//                    feature, counts, sums and maxima
//   forwardToSite    the model alone, at Pythia-70m's shape to layer 1's MLP output
// Arguments: M, and active features a token. items_per_second is tokens a second; what counts is
// the ratio of two rows of one run. An index from text costs forwardToSite and encodeAndIndex, and
// writing.
#include "core/bench/programs_torch.h"
#include "core/lm/compute.h"
#include "core/lm/language_model_torch.h"
#include "tests/support/tiny_model.h"

#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1 << 16, kBatch = 2048, kWidth = 512, kTop = 20;
constexpr std::int64_t kVocabulary = 50304;

/// Of the benchmark's M and active features a token.
RandomProblem problemOf(const benchmark::State& state) {
  applyThreads({});
  const auto features = static_cast<double>(state.range(0));
  return {kTokens, kWidth, state.range(0), static_cast<double>(state.range(1)) / features, 1};
}

void encodeAndIndex(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const IndexedStream stream(problemOf(state), kVocabulary);
  OurIndex index(stream);
  for (auto _ : state) index.build();
  state.counters["l0"] = index.collected().statistics().l0();
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void collectors(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const IndexedStream stream(problemOf(state), kVocabulary);
  const TemporaryFolder folder;
  SparseEncoder encoder(stream.autoencoder);
  std::vector<SparseCode> codes;
  stream.inBatches([&](const at::Tensor& x, std::span<const TokenId>) {
    encoder.encode(x, codes.emplace_back());
  });
  for (auto _ : state) {
    IndexCollectors collectors({.features = stream.autoencoder.features(),
                                .vocabulary = kVocabulary,
                                .seed = 0,
                                .folder = folder.path(),
                                .fineTuned = false},
                               {});
    auto code = codes.begin();
    stream.inBatches([&](const at::Tensor& x, std::span<const TokenId> tokens) {
      collectors.add(x, *code++, tokens);
    });
    collectors.finish();
  }
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void denseTopK(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const IndexedStream stream(problemOf(state), kVocabulary);
  DenseIndex index(stream, kTop);
  for (auto _ : state) index.build();
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void forwardToSite(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  applyThreads({});
  const LanguageModel model = testing::randomModel({.layers = 2,
                                                    .width = kWidth,
                                                    .heads = 8,
                                                    .innerWidth = 4 * kWidth,
                                                    .vocabulary = kVocabulary,
                                                    .maxPositions = 2048},
                                                   0);
  const at::Tensor tokens = testing::randomTokens(kBatch / 128, 128, 50000);
  for (auto _ : state) {
    at::Tensor x = model.activations(tokens, {Layer{1}, SiteKind::MlpOut});
    benchmark::DoNotOptimize(x);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void ofEachSize(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"M", "l0"})->UseRealTime()->Unit(benchmark::kMillisecond);
  benchmark->Args({2048, 20})->Args({2048, 60})->Args({16384, 60});
}

BENCHMARK(encodeAndIndex)->Apply(ofEachSize);
BENCHMARK(collectors)->Apply(ofEachSize);
BENCHMARK(denseTopK)->Apply(ofEachSize);
BENCHMARK(forwardToSite)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace featurescope

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
#include "core/analysis/index_collectors_torch.h"
#include "core/base/files.h"
#include "core/lm/compute.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "tests/support/tiny_model.h"

#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <cmath>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1 << 16, kBatch = 2048, kWidth = 512, kTop = 20;
constexpr std::int64_t kVocabulary = 50304;

/// An SAE whose biases leave the asked number of features active, and what it reads.
struct Problem {
  explicit Problem(const benchmark::State& state) : sae(parameters(state)) {
    x = at::randn({kTokens, kWidth});
    RandomStream random(1, "tokens");
    for (std::int64_t t = 0; t < kTokens; ++t) {
      // Squares of uniform numbers: some tokens are far more frequent than others.
      const auto id = random.below(224) * random.below(224);
      tokens.push_back(TokenId{static_cast<std::int32_t>(id)});
    }
  }

  template <class Visit>
  void inBatches(const Visit& visit) const {
    for (std::int64_t first = 0; first < kTokens; first += kBatch) {
      visit(x.narrow(0, first, kBatch),
            std::span(tokens).subspan(static_cast<std::size_t>(first), kBatch));
    }
  }

  Autoencoder sae;
  at::Tensor x;
  std::vector<TokenId> tokens;

 private:
  static Autoencoder parameters(const benchmark::State& state) {
    applyThreads({});
    at::manual_seed(1);
    const std::int64_t features = state.range(0);
    AutoencoderParameters p{at::randn({kWidth, features}).div_(std::sqrt(kWidth)),
                            at::randn({features, kWidth}),
                            {},
                            at::zeros({kWidth})};
    const at::Tensor some = at::randn({1024, kWidth}).mm(p.W_enc.narrow(1, 0, 100)).flatten();
    const auto active = static_cast<double>(state.range(1)) / static_cast<double>(features);
    const auto inactive = some.numel() - std::llround(active * static_cast<double>(some.numel()));
    const at::Tensor bias = std::get<0>(some.kthvalue(inactive)).neg_();
    p.b_enc = bias.expand({features}).contiguous();
    return Autoencoder(std::move(p));
  }
};

IndexCollectors::Shape shapeOf(const Problem& problem, const TemporaryFolder& folder) {
  return {.features = problem.sae.features(),
          .vocabulary = kVocabulary,
          .seed = 0,
          .folder = folder.path(),
          .fineTuned = false};
}

void encodeAndIndex(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const Problem problem(state);
  const TemporaryFolder folder;
  SparseEncoder encoder(problem.sae);
  for (auto _ : state) {
    IndexCollectors collectors(shapeOf(problem, folder), {});
    problem.inBatches([&](const at::Tensor& x, std::span<const TokenId> tokens) {
      SparseCode code;
      encoder.encode(x, code);
      collectors.add(x, code, tokens);
    });
    collectors.finish();
    state.counters["l0"] = collectors.statistics().l0();
  }
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void collectors(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const Problem problem(state);
  const TemporaryFolder folder;
  SparseEncoder encoder(problem.sae);
  std::vector<SparseCode> codes;
  problem.inBatches([&](const at::Tensor& x, std::span<const TokenId>) {
    encoder.encode(x, codes.emplace_back());
  });
  for (auto _ : state) {
    IndexCollectors collectors(shapeOf(problem, folder), {});
    auto code = codes.begin();
    problem.inBatches([&](const at::Tensor& x, std::span<const TokenId> tokens) {
      collectors.add(x, *code++, tokens);
    });
    collectors.finish();
  }
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void denseTopK(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const Problem problem(state);
  for (auto _ : state) {
    const std::int64_t features = problem.sae.features();
    at::Tensor top = at::zeros({0, features}), places = at::zeros({0, features}, at::kLong);
    at::Tensor active = at::zeros({features}), sums = at::zeros({features});
    std::int64_t first = 0;
    problem.inBatches([&](const at::Tensor& x, std::span<const TokenId>) {
      const at::Tensor f = problem.sae.encode(x);
      active.add_(f.gt(0).sum(0));
      sums.add_(f.sum(0));
      const auto [values, rows] = f.topk(kTop, 0);
      top = at::cat({top, values});
      places = at::cat({places, rows + first});
      const auto [best, kept] = top.topk(kTop, 0);
      places = places.gather(0, kept);
      top = best;
      first += x.size(0);
    });
    benchmark::DoNotOptimize(places);
  }
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

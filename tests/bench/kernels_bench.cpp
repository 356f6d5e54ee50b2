// SPDX-License-Identifier: GPL-3.0-or-later
// Each kernel beside what the machine can do: the first two rows are LibTorch's float32 product and
// a pass over memory, the others count their own multiply-adds (GFLOP/s) or the bytes that they
// must move at least (GB/s, of which caches may hold a part). 1024 tokens. Arguments: d, M, and how
// many of 10,000 features are active.
#include "core/kernels/adam_rows.h"
#include "core/kernels/rotary.h"
#include "core/kernels/screen.h"
#include "core/kernels/sparse_products.h"
#include "core/lm/compute.h"
#include "tests/core/kernels/random_matrix.h"

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <cmath>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1024;

/// A step's matrices of random numbers.
struct Problem {
  explicit Problem(const benchmark::State& state)
      : d(state.range(0)),
        m(state.range(1)),
        active(static_cast<double>(state.range(2)) / 1e4),
        byToken(randomSparse(kTokens, m, active, 1)),
        weights(randomMatrix(m, d, 2, 1 / std::sqrt(static_cast<double>(d)))),
        x(randomMatrix(kTokens, d, 3)) {
    applyThreads({});
    transpose(byToken, byFeature);
  }

  /// Multiply-adds of a product with the code, as operations.
  [[nodiscard]] double operations() const {
    return 2.0 * static_cast<double>(byToken.nonZeros() * d);
  }

  std::int64_t d, m;
  double active;
  SparseMatrix byToken, byFeature;
  OwnedMatrix<float> weights, x;
};

void count(benchmark::State& state, const char* unit, double each) {
  state.counters[unit] = benchmark::Counter(each * static_cast<double>(state.iterations()) / 1e9,
                                            benchmark::Counter::kIsRate);
}

void floatProduct(benchmark::State& state) {
  applyThreads({});
  const at::Tensor a = at::randn({kTokens, state.range(0)});
  const at::Tensor b = at::randn({state.range(0), state.range(1)});
  at::Tensor out = at::empty({kTokens, state.range(1)});
  for (auto _ : state) at::mm_out(out, a, b);
  count(state, "GFLOP/s", 2.0 * static_cast<double>(kTokens * state.range(0) * state.range(1)));
}

/// Three arrays far larger than any cache: a = b + s · c.
void memoryPass(benchmark::State& state) {
  applyThreads({});
  constexpr std::int64_t kFloats = 1 << 26;
  at::Tensor a = at::zeros({kFloats});
  const at::Tensor b = at::ones({kFloats}), c = at::ones({kFloats});
  for (auto _ : state) at::add_out(a, b, c, 0.5);
  count(state, "GB/s", 12.0 * static_cast<double>(kFloats));
}

void decode(benchmark::State& state) {
  const Problem problem(state);
  OwnedMatrix<float> out(kTokens, problem.d);
  for (auto _ : state) multiply(problem.byToken, problem.weights.view, {}, out.view);
  count(state, "GFLOP/s", problem.operations());
}

/// ∂W_dec, and ∂W_enc likewise.
void weightGradient(benchmark::State& state) {
  const Problem problem(state);
  OwnedMatrix<float> out(problem.m, problem.d);
  for (auto _ : state) multiply(problem.byFeature, problem.x.view, {}, out.view);
  count(state, "GFLOP/s", problem.operations());
}

/// ∂f where f > 0, and the screen's candidates likewise.
void productsOnSupport(benchmark::State& state) {
  const Problem problem(state);
  const std::vector<float> offsets(static_cast<std::size_t>(problem.m));
  std::vector<float> products(problem.byFeature.values.size());
  for (auto _ : state) {
    sampledProducts(problem.byFeature, problem.weights.view, problem.x.view, offsets, products);
  }
  count(state, "GFLOP/s", problem.operations());
}

void transposeCode(benchmark::State& state) {
  const Problem problem(state);
  SparseMatrix out;
  for (auto _ : state) transpose(problem.byToken, out);
  count(state, "GB/s", 16.0 * static_cast<double>(problem.byToken.nonZeros()));
}

void roundWeights(benchmark::State& state) {
  const Problem problem(state);
  OwnedMatrix<std::uint16_t> rounded(problem.m, problem.d);
  RoundedRows bounds;
  for (auto _ : state) roundRows(problem.weights.view, rounded.view, bounds);
  count(state, "GB/s", 6.0 * static_cast<double>(problem.m * problem.d));
}

/// Finding what may be active in a product in bfloat16.
void screenProduct(benchmark::State& state) {
  const Problem problem(state);
  OwnedMatrix<std::uint16_t> roundedX(kTokens, problem.d), roundedW(problem.m, problem.d);
  RoundedRows ofTokens, ofFeatures;
  roundRows(problem.x.view, roundedX.view, ofTokens);
  roundRows(problem.weights.view, roundedW.view, ofFeatures);
  const at::Tensor product = at::randn({kTokens, problem.m}).to(at::kBFloat16);
  const std::vector<float> bias(static_cast<std::size_t>(problem.m), -2.4F);
  const Screen screen{
      {static_cast<const std::uint16_t*>(product.const_data_ptr()), kTokens, problem.m},
      ofTokens,
      ofFeatures,
      bias,
      problem.d};
  std::vector<std::int64_t> counts(kTokens);
  SparseMatrix pattern;
  for (auto _ : state) {
    countCandidates(screen, counts);
    candidates(screen, counts, pattern);
  }
  count(state, "GB/s", 4.0 * static_cast<double>(kTokens * problem.m));
}

/// Read gradient, weights and moments; write the last three.
void adam(benchmark::State& state) {
  const Problem problem(state);
  OwnedMatrix<float> gradient = randomMatrix(problem.m, problem.d, 4);
  OwnedMatrix<float> first(problem.m, problem.d), second(problem.m, problem.d);
  AdamStep step;
  for (auto _ : state) {
    adamStep({problem.weights.view, gradient.view, first.view, second.view}, step,
             {RowConstraint::ProjectedUnitNorm, {}});
    ++step.step;
  }
  count(state, "GB/s", 28.0 * static_cast<double>(problem.m * problem.d));
}

/// Pythia's heads: 64 numbers, of which 16 turn.
void turnQueriesAndKeys(benchmark::State& state) {
  applyThreads({});
  const std::int64_t heads = state.range(0) / 64, length = 128;
  OwnedMatrix<float> values = randomMatrix(kTokens * heads * 3, 64, 1);
  const OwnedMatrix<float> angles = randomMatrix(length, 16, 2);
  const std::span<const float> table(angles.view.data, static_cast<std::size_t>(length * 16));
  for (auto _ : state) {
    rotateQueriesAndKeys({values.view.data, kTokens / length, length, heads, 64}, table, table);
  }
  count(state, "GB/s", 2.0 * 4 * static_cast<double>(kTokens * heads * 2 * 16));
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"d", "M", "active"})->UseRealTime()->Unit(benchmark::kMillisecond);
  bench->Args({512, 2048, 100})->Args({4096, 16384, 75});
}

BENCHMARK(memoryPass)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(floatProduct)->Apply(shapes);
BENCHMARK(decode)->Apply(shapes);
BENCHMARK(weightGradient)->Apply(shapes);
BENCHMARK(productsOnSupport)->Apply(shapes);
BENCHMARK(transposeCode)->Apply(shapes);
BENCHMARK(roundWeights)->Apply(shapes);
BENCHMARK(screenProduct)->Apply(shapes);
BENCHMARK(adam)->Apply(shapes);
BENCHMARK(turnQueriesAndKeys)->Apply(shapes);

}  // namespace
}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
// A training step of a standard SAE, from the batch to updated parameters: 1024 tokens, CPU.
//   stepOurs           sparse products, screened encoder, one pass of Adam; float32
//   stepDenseComposed  autograd over whole matrices, Adam as torch::optim::Adam composes it;
//   float32 stepDenseFused     the same with LibTorch's fused Adam stepDenseRounded   the same with
//   products in bfloat16 update…            the update alone
// Arguments: d, M, and how many of 10,000 features are active. What counts is the ratio of two rows
// of one run; `featurescope bench train --against dense` measures one shape in turns.
#include "core/bench/dense_programs_torch.h"
#include "core/bench/programs_torch.h"
#include "core/lm/compute.h"

#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1024;
/// So small that the density stays what it is.
constexpr double kLearningRate = 1e-12;

RandomProblem problemOf(const benchmark::State& state) {
  applyThreads({});
  return {kTokens, state.range(0), state.range(1), static_cast<double>(state.range(2)) / 1e4, 1};
}

/// Times work(program), after two steps that warm up (the second is the first that can be
/// screened).
template <class Program, class Work>
void measure(benchmark::State& state, Program program, const at::Tensor& x, const Work& work) {
  for (int i = 0; i < 2; ++i) program.step(x, 1);
  for (auto _ : state) work(program);
  state.SetItemsProcessed(state.iterations() * kTokens);
}

OurProgram oursOf(const RandomProblem& problem) {
  return {problem.parameters, kTokens, kLearningRate, /*projects=*/false};
}

template <class Program>
auto stepOn(const at::Tensor& x) {
  return [&x](Program& program) { program.step(x, 1); };
}

void stepOurs(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const RandomProblem problem = problemOf(state);
  measure(state, oursOf(problem), problem.x, stepOn<OurProgram>(problem.x));
}

void updateOurs(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const RandomProblem problem = problemOf(state);
  measure(state, oursOf(problem), problem.x, [](OurProgram& program) { program.update(); });
}

template <class Optimiser>
void stepDense(benchmark::State& state, at::ScalarType products) {
  using Program = DenseProgram<Optimiser>;
  const at::NoGradGuard noGrad;
  const RandomProblem problem = problemOf(state);
  measure(state, Program(problem.parameters, kLearningRate, products), problem.x,
          stepOn<Program>(problem.x));
}

void stepDenseComposed(benchmark::State& state) { stepDense<ComposedAdam>(state, at::kFloat); }
void stepDenseFused(benchmark::State& state) { stepDense<FusedAdam>(state, at::kFloat); }
void stepDenseRounded(benchmark::State& state) { stepDense<FusedAdam>(state, at::kBFloat16); }

void updateComposed(benchmark::State& state) {
  using Program = DenseProgram<ComposedAdam>;
  const at::NoGradGuard noGrad;
  const RandomProblem problem = problemOf(state);
  measure(state, Program(problem.parameters, kLearningRate), problem.x,
          [](Program& program) { program.update(); });
}

void ofEachDensity(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"d", "M", "active"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const std::int64_t active : {50, 100, 1000, 5000}) benchmark->Args({512, 2048, active});
  for (const std::int64_t active : {75, 5000}) benchmark->Args({4096, 16384, active});
}

void ofEachShape(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"d", "M", "active"})->UseRealTime()->Unit(benchmark::kMillisecond);
  benchmark->Args({512, 2048, 100})->Args({4096, 16384, 75});
}

BENCHMARK(stepOurs)->Apply(ofEachDensity);
BENCHMARK(stepDenseComposed)->Apply(ofEachDensity);
BENCHMARK(stepDenseFused)->Apply(ofEachDensity);
BENCHMARK(stepDenseRounded)->Apply(ofEachDensity);
BENCHMARK(updateOurs)->Apply(ofEachShape);
BENCHMARK(updateComposed)->Apply(ofEachShape);

}  // namespace
}  // namespace featurescope

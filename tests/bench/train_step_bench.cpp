// SPDX-License-Identifier: GPL-3.0-or-later
// A training step of a standard SAE, from the batch to updated parameters: 1024 tokens, float32,
// CPU.
//   stepOurs        sparse products, screened encoder, one pass of Adam
//   stepBestDense   the same step dense, LibTorch's fused Adam, rows renormalised by LibTorch
//   stepPlainDense  the same dense step, Adam as torch::optim::Adam composes it
//   optimiser…      the update alone
// Arguments: d, M, and how many of 10,000 features are active. What counts is the ratio of two rows
// of one run.
#include "core/lm/compute.h"
#include "core/train/adam_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/unit_rows_torch.h"

#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1024;
/// So small that the density stays what it is.
constexpr double kLearningRate = 1e-12;

std::vector<at::Tensor> inOrder(const AutoencoderParameters& p) {
  return {p.W_enc, p.W_dec, p.b_enc, p.b_dec};
}

/// A batch, and parameters whose bias leaves the asked part of the features active.
struct Problem {
  Problem(const benchmark::State& state, bool byFeature) {
    applyThreads({});
    at::manual_seed(1);
    const std::int64_t width = state.range(0), features = state.range(1);
    x = at::randn({kTokens, width});
    parameters.W_enc = at::randn({features, width}).div_(std::sqrt(width)).t();
    const at::Tensor some = x.mm(parameters.W_enc.narrow(1, 0, 100)).flatten();
    const auto inactive = some.numel() - some.numel() * state.range(2) / 10000;
    const at::Tensor bias = std::get<0>(some.kthvalue(inactive)).neg_();
    if (!byFeature) parameters.W_enc = parameters.W_enc.contiguous();
    parameters.W_dec = at::randn({features, width});
    normaliseRows(parameters.W_dec);
    parameters.b_enc = bias.expand({features}).contiguous();
    parameters.b_dec = at::zeros({width});
  }

  at::Tensor x;
  AutoencoderParameters parameters;
};

/// torch::optim::Adam's composition of whole-tensor operators.
class ComposedAdam {
 public:
  explicit ComposedAdam(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const at::Tensor& parameter : parameters_) {
      first_.push_back(at::zeros_like(parameter));
      second_.push_back(at::zeros_like(parameter));
    }
  }

  void step(const std::vector<at::Tensor>& gradients) {
    ++steps_;
    const double firstCorrection = 1 - std::pow(0.9, steps_);
    const double secondCorrection = 1 - std::pow(0.999, steps_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      first_[i].mul_(0.9).add_(gradients[i], 0.1);
      second_[i].mul_(0.999).addcmul_(gradients[i], gradients[i], 0.001);
      const at::Tensor root = (second_[i].sqrt() / std::sqrt(secondCorrection)).add_(1e-8);
      parameters_[i].addcdiv_(first_[i], root, -kLearningRate / firstCorrection);
    }
  }

 private:
  std::vector<at::Tensor> parameters_, first_, second_;
  int steps_ = 0;
};

void updateByRows(Adam& adam, const AutoencoderParameters& gradients) {
  adam.step(inOrder(gradients), {RowConstraint::None, RowConstraint::UnitNorm});
}

void updateFused(std::vector<at::Tensor>& state, Problem& problem,
                 const AutoencoderParameters& gradients) {
  // state: first moments, second moments, steps, four of each
  const auto part = [&](std::size_t i) {
    return std::vector<at::Tensor>(state.begin() + static_cast<std::ptrdiff_t>(4 * i),
                                   state.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
  };
  const std::vector<at::Tensor> parameters = inOrder(problem.parameters);
  const std::vector<at::Tensor> first = part(0), second = part(1), steps = part(2);
  for (at::Tensor step : steps) step.add_(1);
  at::_fused_adam_(parameters, inOrder(gradients), first, second, {}, steps, kLearningRate, 0.9,
                   0.999, 0.0, 1e-8, false, false);
  normaliseRows(problem.parameters.W_dec);
}

std::vector<at::Tensor> fusedState(const Problem& problem) {
  std::vector<at::Tensor> state;
  for (int moment = 0; moment < 2; ++moment) {
    for (const at::Tensor& parameter : inOrder(problem.parameters)) {
      state.push_back(at::zeros_like(parameter));
    }
  }
  for (int i = 0; i < 4; ++i) state.push_back(at::zeros({}));
  return state;
}

/// Times step(), after two steps that warm up (the second is the first that can be screened).
template <class Step>
void measure(benchmark::State& state, const Step& step) {
  for (int i = 0; i < 2; ++i) step();
  for (auto _ : state) step();
  state.SetItemsProcessed(state.iterations() * kTokens);
}

void stepOurs(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  Problem problem(state, true);
  SaeStep step(kTokens, problem.parameters);
  Adam adam({.learningRate = kLearningRate}, inOrder(problem.parameters));
  measure(state, [&] {
    step.run(problem.parameters, problem.x, 1, {});
    updateByRows(adam, step.gradients());
  });
}

void stepBestDense(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  Problem problem(state, false);
  SaeStep step(kTokens, problem.parameters);
  std::vector<at::Tensor> moments = fusedState(problem);
  measure(state, [&] {
    step.run(problem.parameters, problem.x, 1, {});
    updateFused(moments, problem, step.gradients());
  });
}

void stepPlainDense(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  Problem problem(state, false);
  SaeStep step(kTokens, problem.parameters);
  ComposedAdam adam(inOrder(problem.parameters));
  measure(state, [&] {
    step.run(problem.parameters, problem.x, 1, {});
    adam.step(inOrder(step.gradients()));
    normaliseRows(problem.parameters.W_dec);
  });
}

void optimiserOurs(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  Problem problem(state, true);
  SaeStep step(kTokens, problem.parameters);
  step.run(problem.parameters, problem.x, 1, {});
  Adam adam({.learningRate = kLearningRate}, inOrder(problem.parameters));
  measure(state, [&] { updateByRows(adam, step.gradients()); });
}

void optimiserComposed(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  Problem problem(state, false);
  SaeStep step(kTokens, problem.parameters);
  step.run(problem.parameters, problem.x, 1, {});
  ComposedAdam adam(inOrder(problem.parameters));
  measure(state, [&] {
    adam.step(inOrder(step.gradients()));
    normaliseRows(problem.parameters.W_dec);
  });
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
BENCHMARK(stepBestDense)->Apply(ofEachDensity);
BENCHMARK(stepPlainDense)->Apply(ofEachDensity);
BENCHMARK(optimiserOurs)->Apply(ofEachShape);
BENCHMARK(optimiserComposed)->Apply(ofEachShape);

}  // namespace
}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/bench_kinds.h"
#include "core/bench/dense_programs_torch.h"
#include "core/bench/programs_torch.h"
#include "core/lm/block_reuse.h"
#include "core/lm/device_torch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace featurescope {

namespace {

/// So small that the share of active features stays what it is.
constexpr double kNoLearning = 1e-12;
constexpr double kL1 = 1;

/// Batches in which a few of more directions than dimensions are present: a loss that falls.
at::Tensor plantedBatch(std::int64_t tokens, const at::Tensor& directions, std::int64_t present) {
  const double share = static_cast<double>(present) / static_cast<double>(directions.size(0));
  at::Tensor strengths = at::rand({tokens, directions.size(0)});
  strengths.mul_(at::rand_like(strengths).lt_(share));
  return strengths.mm(directions);
}

/// Our steps and the dense ones on the same batches of planted features.
Agreement compareLosses(const BenchRequest& request, const JobContext& job) {
  constexpr double kLearningRate = 3e-4;
  at::manual_seed(request.compute.seed + 1);
  AutoencoderParameters start =
      randomAutoencoder(request.width, request.features, request.compute.seed);
  start.W_enc = start.W_enc.t().contiguous().t();
  const at::Tensor directions = at::randn({2 * request.width, request.width});
  const at::Device device = resolveDevice(request.compute);
  for (const auto& [name, tensor] : start.named()) *tensor = tensor->to(device);
  OurProgram ours(copyOf(start), request.tokens, kLearningRate, request.projects,
                  StepProducts(request.compute, device));
  DenseProgram<FusedAdam> dense(start, kLearningRate);
  Agreement agreement{.kind = BenchKind::Train,
                      .of = "losses of steps",
                      .compared = request.comparedSteps,
                      .largestRelativeDifference = 0};
  for (std::int64_t step = 0; step < request.comparedSteps; ++step) {
    job.throwIfStopped();
    const at::Tensor x = plantedBatch(request.tokens, directions, 8).to(device);
    agreement.take(ours.step(x, kL1), dense.step(x, kL1));
  }
  return agreement;
}

}  // namespace

std::vector<Throughput> benchTrain(const BenchRequest& request, const JobContext& job,
                                   std::vector<Agreement>& agreements) {
  const at::Device device = resolveDevice(request.compute);
  const RandomProblem problem = RandomProblem(request.tokens, request.width, request.features,
                                              request.active, request.compute.seed)
                                    .on(device);
  const at::Tensor& x = problem.x;
  const auto amount = static_cast<double>(request.tokens);
  // As in a run, its matrices lie in large pages; LibTorch's programs have what LibTorch gives
  // them.
  OurProgram ours = [&] {
    const BlockReuse asInARun;
    return OurProgram(copyOf(problem.parameters), request.tokens, kNoLearning, request.projects,
                      StepProducts(request.compute, device));
  }();
  std::vector<BenchWork> works{
      {"step", "tokens", amount,
       [&] {
         ours.step(x, kL1);
         finish(ours.parameters().W_dec);
       }},
      {"optimiser", "parameters", 2.0 * static_cast<double>(request.width * request.features), [&] {
         ours.update();
         finish(ours.parameters().W_dec);
       }}};
  const auto stepOf = [&x](auto& program) {
    return [&program, &x] {
      program->step(x, kL1);
      finish(program->parameters()[1]);
    };
  };
  std::unique_ptr<DenseProgram<ComposedAdam>> composed;
  std::unique_ptr<DenseProgram<FusedAdam>> fused, rounded;
  if (request.againstDense) {
    composed = std::make_unique<DenseProgram<ComposedAdam>>(problem.parameters, kNoLearning);
    fused = std::make_unique<DenseProgram<FusedAdam>>(problem.parameters, kNoLearning);
    rounded =
        std::make_unique<DenseProgram<FusedAdam>>(problem.parameters, kNoLearning, at::kBFloat16);
    works.push_back({"dense, torch::optim::Adam", "tokens", amount, stepOf(composed)});
    works.push_back({"update of torch::optim::Adam", "parameters", works[1].amount, [&] {
                       composed->update();
                       finish(composed->parameters()[1]);
                     }});
    works.push_back({"dense, fused Adam", "tokens", amount, stepOf(fused)});
    works.push_back({"dense, fused Adam, bfloat16 products", "tokens", amount, stepOf(rounded)});
  }
  std::vector<Throughput> throughputs = measure(BenchKind::Train, works, request, job);
  if (request.againstDense && request.comparedSteps > 0) {
    agreements.push_back(compareLosses(request, job));
  }
  return throughputs;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/bench_kinds.h"
#include "core/bench/dense_programs_torch.h"
#include "core/train/adam_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/unit_rows_torch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace featurescope {

namespace {

/// So small that the share of active features stays what it is.
constexpr double kNoLearning = 1e-12;
constexpr double kL1 = 1;

std::vector<at::Tensor> inOrder(const AutoencoderParameters& p) {
  return {p.W_enc, p.W_dec, p.b_enc, p.b_dec};
}

/// A batch, and parameters whose bias leaves the asked share of the features active. W_enc lies by
/// feature, as in training.
struct Problem {
  explicit Problem(const BenchRequest& request) {
    at::manual_seed(request.compute.seed);
    const std::int64_t width = request.width, features = request.features;
    x = at::randn({request.tokens, width});
    parameters.W_enc = at::randn({features, width}).div_(std::sqrt(width)).t();
    const std::int64_t sampled = std::min<std::int64_t>(features, 100);
    const at::Tensor some = x.mm(parameters.W_enc.narrow(1, 0, sampled)).flatten();
    const auto count = static_cast<double>(some.numel());
    const auto inactive =
        std::clamp<std::int64_t>(std::llround(count * (1 - request.active)), 1, some.numel());
    const at::Tensor bias = std::get<0>(some.kthvalue(inactive)).neg_();
    parameters.W_dec = at::randn({features, width});
    normaliseRows(parameters.W_dec);
    parameters.b_enc = bias.expand({features}).contiguous();
    parameters.b_dec = at::zeros({width});
  }

  at::Tensor x;
  AutoencoderParameters parameters;
};

AutoencoderParameters copyOf(const AutoencoderParameters& p) {
  return {.W_enc = p.W_enc.clone(),
          .W_dec = p.W_dec.clone(),
          .b_enc = p.b_enc.clone(),
          .b_dec = p.b_dec.clone()};
}

/// Our step: products on the code's support, the screened encoder, one pass of Adam.
class OurProgram {
 public:
  OurProgram(AutoencoderParameters parameters, std::int64_t tokens, double learningRate,
             bool projects)
      : parameters_(std::move(parameters)),
        step_(tokens, parameters_),
        adam_({.learningRate = learningRate}, inOrder(parameters_)),
        constraints_{RowConstraint::None,
                     projects ? RowConstraint::ProjectedUnitNorm : RowConstraint::UnitNorm} {}

  double step(const at::Tensor& x, double l1Coefficient) {
    const double loss = step_.run(parameters_, x, l1Coefficient, {}).total(l1Coefficient);
    update();
    return loss;
  }
  void update() { adam_.step(inOrder(step_.gradients()), constraints_); }

 private:
  AutoencoderParameters parameters_;
  SaeStep step_;
  Adam adam_;
  std::vector<RowConstraint> constraints_;
};

/// Batches in which a few of more directions than dimensions are present: a loss that falls.
at::Tensor plantedBatch(std::int64_t tokens, const at::Tensor& directions, std::int64_t present) {
  const double share = static_cast<double>(present) / static_cast<double>(directions.size(0));
  at::Tensor strengths = at::rand({tokens, directions.size(0)});
  strengths.mul_(at::rand_like(strengths).lt_(share));
  return strengths.mm(directions);
}

}  // namespace

std::vector<Throughput> benchTrain(const BenchRequest& request, const JobContext& job) {
  const Problem problem(request);
  const at::Tensor& x = problem.x;
  const auto amount = static_cast<double>(request.tokens);
  OurProgram ours(copyOf(problem.parameters), request.tokens, kNoLearning, request.projects);
  std::vector<BenchWork> works{
      {"step", "tokens", amount, [&] { ours.step(x, kL1); }},
      {"optimiser", "parameters", 2.0 * static_cast<double>(request.width * request.features),
       [&] { ours.update(); }}};
  std::unique_ptr<DenseProgram<ComposedAdam>> composed;
  std::unique_ptr<DenseProgram<FusedAdam>> fused, rounded;
  if (request.againstDense) {
    composed = std::make_unique<DenseProgram<ComposedAdam>>(problem.parameters, kNoLearning);
    fused = std::make_unique<DenseProgram<FusedAdam>>(problem.parameters, kNoLearning);
    rounded =
        std::make_unique<DenseProgram<FusedAdam>>(problem.parameters, kNoLearning, at::kBFloat16);
    works.push_back(
        {"dense, torch::optim::Adam", "tokens", amount, [&] { composed->step(x, kL1); }});
    works.push_back({"update of torch::optim::Adam", "parameters", works[1].amount,
                     [&] { composed->update(); }});
    works.push_back({"dense, fused Adam", "tokens", amount, [&] { fused->step(x, kL1); }});
    works.push_back(
        {"dense, fused Adam, bfloat16 products", "tokens", amount, [&] { rounded->step(x, kL1); }});
  }
  return measure(BenchKind::Train, works, request, job);
}

LossAgreement compareLosses(const BenchRequest& request, const JobContext& job) {
  constexpr double kLearningRate = 3e-4;
  at::manual_seed(request.compute.seed + 1);
  AutoencoderParameters start =
      randomAutoencoder(request.width, request.features, request.compute.seed);
  start.W_enc = start.W_enc.t().contiguous().t();
  const at::Tensor directions = at::randn({2 * request.width, request.width});
  OurProgram ours(copyOf(start), request.tokens, kLearningRate, request.projects);
  DenseProgram<FusedAdam> dense(start, kLearningRate);
  LossAgreement agreement{.steps = request.comparedSteps};
  for (std::int64_t step = 0; step < request.comparedSteps; ++step) {
    job.throwIfStopped();
    const at::Tensor x = plantedBatch(request.tokens, directions, 8);
    const double a = ours.step(x, kL1), b = dense.step(x, kL1);
    agreement.largestRelativeDifference =
        std::max(agreement.largestRelativeDifference, std::abs(a - b) / std::abs(b));
  }
  return agreement;
}

}  // namespace featurescope

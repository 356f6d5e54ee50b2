// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/bench/bench_kinds.h"
#include "core/bench/dense_programs_torch.h"
#include "core/bench/programs_torch.h"
#include "core/finetune/scale_optimiser_torch.h"
#include "core/finetune/scaled_code_torch.h"
#include "core/finetune/site_states_torch.h"
#include "core/finetune/suffix_gradient_torch.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

constexpr std::int64_t kRecords = 8;  ///< a step, the paper's

/// Records of random tokens, about as long as a question.
TokenBatch randomRecords(const BenchRequest& request) {
  RandomStream random(request.compute.seed, "records");
  TokenBatch batch;
  batch.length = std::min<std::int64_t>(24, request.context);
  for (std::int64_t row = 0; row < kRecords; ++row) {
    const std::int64_t length = batch.length - row % 4;
    for (std::int64_t t = 0; t < batch.length; ++t) {
      const auto id = random.below(static_cast<std::uint64_t>(request.vocabulary));
      batch.tokens.push_back(TokenId{t < length ? static_cast<std::int32_t>(id) : 0});
    }
    batch.lengths.push_back(static_cast<std::int32_t>(length));
  }
  return batch;
}

/// One model, SAE and batch for both programs.
struct FineTuneProblem {
  explicit FineTuneProblem(const BenchRequest& request)
      : model(randomModel(request)),
        site{Layer{static_cast<std::int32_t>(request.layer)}, SiteKind::MlpOut},
        records(randomRecords(request)),
        autoencoder(parametersOf(request, model, site, records)),
        targets(countedTargets(records, std::vector<std::int64_t>(kRecords, 1), model.device())) {}

  /// Biases after the model's own activations, which are those of random weights.
  static AutoencoderParameters parametersOf(const BenchRequest& request, const LanguageModel& model,
                                            const Site& site, const TokenBatch& records) {
    const at::Tensor x = SiteStates::compute(model, site, records).x.to(at::kCPU);
    AutoencoderParameters p =
        RandomProblem(x, request.features, request.active, request.compute.seed).parameters;
    for (at::Tensor* tensor : {&p.W_enc, &p.W_dec, &p.b_enc, &p.b_dec}) {
      *tensor = tensor->to(model.device());
    }
    return p;
  }

  LanguageModel model;
  Site site;
  TokenBatch records;
  Autoencoder autoencoder;
  CountedTargets targets;
};

class OurFineTuning {
 public:
  explicit OurFineTuning(const FineTuneProblem& problem)
      : problem_(problem),
        code_(problem.autoencoder, /*keepError=*/false),
        optimiser_({}, problem.autoencoder.features(), problem.model.device()) {}

  [[nodiscard]] SiteBatch readBatch() const {
    return SiteStates::compute(problem_.model, problem_.site, problem_.records);
  }
  /// The loss before the update.
  double step(const SiteBatch& batch) {
    const at::Tensor output = code_.forward(batch.x, optimiser_.c(), optimiser_.d());
    const SuffixGradient gradient = suffixGradient(problem_.model, batch, output, problem_.targets);
    optimiser_.step(code_.backward(gradient.output));
    return gradient.loss;
  }

 private:
  const FineTuneProblem& problem_;
  ScaledCode code_;
  ScaleOptimiser optimiser_;
};

/// As a PyTorch program has it: everything frozen but c and d, the SAE in the model's forward pass,
/// autograd back to it, AdamW.
class DenseFineTuning {
 public:
  explicit DenseFineTuning(const FineTuneProblem& problem)
      : problem_(problem),
        c_(at::ones({problem.autoencoder.features()}, deviceOf(problem)).requires_grad_()),
        d_(at::zeros({problem.autoencoder.features()}, deviceOf(problem)).requires_grad_()),
        tokens_(toTorch(problem.records, problem.model)),
        adam_(kDefaults.learningRate, {c_, d_}) {}

  double step() {
    at::Tensor loss;
    {
      const c10::AutoGradMode record(true);
      const LanguageModel::Edit edit{problem_.site,
                                     [this](const at::Tensor& x) { return replaced(x); }};
      const at::Tensor hidden =
          problem_.model.forward(tokens_, {}, edit, /*wholePass=*/true).hidden;
      const at::Tensor logits = problem_.model.logits(hidden).to(at::kFloat).flatten(0, 1);
      loss = at::cross_entropy_loss(logits.index_select(0, problem_.targets.sources),
                                    problem_.targets.ids);
      loss.backward();
    }
    const std::vector<at::Tensor> gradients{c_.grad(), d_.grad()};
    c_.mutable_grad().reset();
    d_.mutable_grad().reset();
    const c10::NoGradGuard noGradients;
    for (at::Tensor* parameter : {&c_, &d_}) {
      parameter->mul_(1 - kDefaults.learningRate * kDefaults.weightDecay);
    }
    adam_.step(gradients);
    return loss.item<double>();
  }

 private:
  static inline const FineTuneSettings kDefaults;

  static at::TensorOptions deviceOf(const FineTuneProblem& problem) {
    return at::TensorOptions(problem.model.device());
  }
  [[nodiscard]] at::Tensor replaced(const at::Tensor& x) const {
    const at::Tensor flat = x.flatten(0, -2);
    const at::Tensor z = problem_.autoencoder.preActivations(flat);
    const at::Tensor output =
        problem_.autoencoder.decode(at::relu(z * c_ + d_), flat.to(at::kFloat));
    return output.view(x.sizes()).to(x.scalar_type());
  }

  const FineTuneProblem& problem_;
  at::Tensor c_, d_, tokens_;
  ComposedAdam adam_;
};

Agreement compare(const FineTuneProblem& problem, const BenchRequest& request,
                  const JobContext& job) {
  OurFineTuning ours(problem);
  DenseFineTuning dense(problem);
  Agreement agreement{.kind = BenchKind::FineTune,
                      .of = "losses of steps",
                      .compared = request.comparedSteps,
                      .largestRelativeDifference = 0};
  const SiteBatch batch = ours.readBatch();
  for (std::int64_t step = 0; step < request.comparedSteps; ++step) {
    job.throwIfStopped();
    agreement.take(ours.step(batch), dense.step());
  }
  return agreement;
}

}  // namespace

std::vector<Throughput> benchFineTune(const BenchRequest& request, const JobContext& job,
                                      std::vector<Agreement>& agreements) {
  const FineTuneProblem problem(request);
  OurFineTuning ours(problem), first(problem);
  const SiteBatch batch = ours.readBatch();
  DenseFineTuning dense(problem);
  std::vector<BenchWork> works{
      {"step, the model's state at the site kept", "steps", 1, [&] { ours.step(batch); }},
      {"step of the first epoch", "steps", 1, [&] { first.step(first.readBatch()); }}};
  if (request.againstDense) {
    works.push_back({"dense, autograd and AdamW", "steps", 1, [&] { dense.step(); }});
  }
  std::vector<Throughput> throughputs = measure(BenchKind::FineTune, works, request, job);
  if (request.againstDense && request.comparedSteps > 0) {
    agreements.push_back(compare(problem, request, job));
  }
  return throughputs;
}

}  // namespace featurescope

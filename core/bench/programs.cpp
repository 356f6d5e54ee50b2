// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/bench/programs_torch.h"
#include "core/train/unit_rows_torch.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace featurescope {

namespace {

std::vector<at::Tensor> inOrder(const AutoencoderParameters& p) {
  return {p.W_enc, p.W_dec, p.b_enc, p.b_dec};
}

at::Tensor randomInputs(std::int64_t tokens, std::int64_t width, std::uint64_t seed) {
  at::manual_seed(seed);
  return at::randn({tokens, width});
}

}  // namespace

RandomProblem::RandomProblem(at::Tensor activations, std::int64_t features, double active,
                             std::uint64_t seed)
    : x(std::move(activations)) {
  at::manual_seed(seed);
  const std::int64_t width = x.size(1);
  parameters.W_enc = at::randn({features, width}).div_(std::sqrt(width)).t();
  const at::Tensor someFeatures =
      parameters.W_enc.narrow(1, 0, std::min<std::int64_t>(features, 100));
  const at::Tensor some =
      x.narrow(0, 0, std::min<std::int64_t>(x.size(0), 1024)).mm(someFeatures).flatten();
  const auto count = static_cast<double>(some.numel());
  const auto inactive =
      std::clamp<std::int64_t>(std::llround(count * (1 - active)), 1, some.numel());
  const at::Tensor bias = std::get<0>(some.kthvalue(inactive)).neg_();
  parameters.W_dec = at::randn({features, width});
  normaliseRows(parameters.W_dec);
  parameters.b_enc = bias.expand({features}).contiguous();
  parameters.b_dec = at::zeros({width});
}

RandomProblem::RandomProblem(std::int64_t tokens, std::int64_t width, std::int64_t features,
                             double active, std::uint64_t seed)
    : RandomProblem(randomInputs(tokens, width, seed + 1), features, active, seed) {}

RandomProblem RandomProblem::on(at::Device device) const {
  RandomProblem there = *this;
  there.x = x.to(device);
  for (const auto& [name, tensor] : there.parameters.named()) *tensor = tensor->to(device);
  return there;
}

void finish(const at::Tensor& result) {
  if (!result.device().is_cpu()) result.flatten().narrow(0, 0, 1).cpu();
}

AutoencoderParameters copyOf(const AutoencoderParameters& p) {
  return {.W_enc = p.W_enc.clone(),
          .W_dec = p.W_dec.clone(),
          .b_enc = p.b_enc.clone(),
          .b_dec = p.b_dec.clone()};
}

OurProgram::OurProgram(AutoencoderParameters parameters, std::int64_t tokens, double learningRate,
                       bool projects, StepProducts products)
    : parameters_(std::move(parameters)),
      step_(tokens, parameters_, {}, products),
      adam_({.learningRate = learningRate}, inOrder(parameters_)),
      ofDecoder_(projects ? RowConstraint::ProjectedUnitNorm : RowConstraint::UnitNorm) {}

double OurProgram::step(const at::Tensor& x, double l1Coefficient) {
  const double loss = step_.run(parameters_, x, l1Coefficient, {}).total(l1Coefficient);
  update();
  return loss;
}

void OurProgram::update() {
  adam_.step(inOrder(step_.gradients()),
             {{RowConstraint::None, step_.roundedEncoder()}, {ofDecoder_, std::nullopt}});
}

IndexedStream::IndexedStream(const RandomProblem& problem, std::int64_t vocabularySize)
    : autoencoder(problem.parameters), x(problem.x), vocabulary(vocabularySize) {
  RandomStream random(1, "tokens");
  const auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(vocabulary)));
  tokens.reserve(static_cast<std::size_t>(x.size(0)));
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    tokens.push_back(TokenId{static_cast<std::int32_t>(random.below(root) * random.below(root))});
  }
}

OurIndex::OurIndex(const IndexedStream& stream) : stream_(stream), encoder_(stream.autoencoder) {}

void OurIndex::build() {
  collectors_ = std::make_unique<IndexCollectors>(
      IndexCollectors::Shape{.features = stream_.autoencoder.features(),
                             .vocabulary = stream_.vocabulary,
                             .seed = 0,
                             .folder = folder_.path(),
                             .fineTuned = false},
      IndexDetail{});
  stream_.inBatches([&](const at::Tensor& x, std::span<const TokenId> tokens) {
    code_.clear();
    encoder_.encode(x, code_);
    collectors_->add(x, code_, tokens);
  });
  collectors_->finish();
}

void DenseIndex::build() {
  const std::int64_t features = stream_.autoencoder.features();
  const at::TensorOptions there(stream_.x.device());
  strongest_ = at::zeros({0, features}, there);
  places_ = at::zeros({0, features}, there.dtype(at::kLong));
  active_ = at::zeros({features}, there.dtype(at::kLong));
  sums_ = at::zeros({features}, there);
  maxima_ = at::zeros({features}, there);
  std::int64_t first = 0;
  stream_.inBatches([&](const at::Tensor& x, std::span<const TokenId>) {
    const at::Tensor f = stream_.autoencoder.encode(x);
    active_.add_(f.gt(0).sum(0));
    sums_.add_(f.sum(0));
    const auto [values, rows] = f.topk(std::min(top_, f.size(0)), 0);
    maxima_ = at::maximum(maxima_, values[0]);
    const at::Tensor all = at::cat({strongest_, values});
    const auto [best, kept] = all.topk(std::min(top_, all.size(0)), 0);
    places_ = at::cat({places_, rows + first}).gather(0, kept);
    strongest_ = best;
    first += x.size(0);
  });
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/dense_programs_torch.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <utility>

namespace featurescope {

namespace {

std::vector<at::Tensor> copiesOf(const AutoencoderParameters& p) {
  std::vector<at::Tensor> copies;
  for (const at::Tensor& parameter : {p.W_enc, p.W_dec, p.b_enc, p.b_dec}) {
    copies.push_back(parameter.clone(at::MemoryFormat::Contiguous).set_requires_grad(true));
  }
  return copies;
}

std::vector<at::Tensor> zerosLike(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> zeros;
  zeros.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) zeros.push_back(at::zeros_like(tensor.detach()));
  return zeros;
}

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

}  // namespace

ComposedAdam::ComposedAdam(double learningRate, std::vector<at::Tensor> parameters)
    : learningRate_(learningRate),
      parameters_(std::move(parameters)),
      first_(zerosLike(parameters_)),
      second_(zerosLike(parameters_)) {}

void ComposedAdam::step(const std::vector<at::Tensor>& gradients) {
  ++steps_;
  const double firstCorrection = 1 - std::pow(kBeta1, steps_);
  const double secondCorrection = 1 - std::pow(kBeta2, steps_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    first_[i].mul_(kBeta1).add_(gradients[i], 1 - kBeta1);
    second_[i].mul_(kBeta2).addcmul_(gradients[i], gradients[i], 1 - kBeta2);
    const at::Tensor root = (second_[i].sqrt() / std::sqrt(secondCorrection)).add_(kEpsilon);
    parameters_[i].addcdiv_(first_[i], root, -learningRate_ / firstCorrection);
  }
}

FusedAdam::FusedAdam(double learningRate, std::vector<at::Tensor> parameters)
    : learningRate_(learningRate),
      parameters_(std::move(parameters)),
      first_(zerosLike(parameters_)),
      second_(zerosLike(parameters_)) {
  const at::TensorOptions there(parameters_.front().device());
  for (std::size_t i = 0; i < parameters_.size(); ++i) steps_.push_back(at::zeros({}, there));
}

void FusedAdam::step(const std::vector<at::Tensor>& gradients) {
  for (at::Tensor& count : steps_) count.add_(1);
  at::_fused_adam_(parameters_, gradients, first_, second_, /*max_exp_avg_sqs=*/{}, steps_,
                   learningRate_, kBeta1, kBeta2, /*weight_decay=*/0.0, kEpsilon,
                   /*amsgrad=*/false, /*maximize=*/false);
}

template <class Optimiser>
DenseProgram<Optimiser>::DenseProgram(const AutoencoderParameters& parameters, double learningRate,
                                      at::ScalarType products)
    : parameters_(copiesOf(parameters)),
      optimiser_(learningRate, parameters_),
      products_(products) {}

template <class Optimiser>
double DenseProgram<Optimiser>::step(const at::Tensor& x, double l1Coefficient) {
  const at::Tensor &W_enc = parameters_[0], &W_dec = parameters_[1], &b_enc = parameters_[2],
                   &b_dec = parameters_[3];
  const auto product = [this](const at::Tensor& a, const at::Tensor& b) {
    return a.to(products_).mm(b.to(products_)).to(at::kFloat);
  };
  at::Tensor loss;
  {
    const c10::AutoGradMode record(true);
    const at::Tensor f = at::relu(product(x - b_dec, W_enc) + b_enc);
    const at::Tensor decoded = product(f, W_dec) + b_dec;
    loss = (decoded - x).square().sum(1).mean() + l1Coefficient * f.sum(1).mean();
    loss.backward();
  }
  gradients_.clear();
  for (at::Tensor& parameter : parameters_) {
    gradients_.push_back(parameter.grad());
    parameter.mutable_grad().reset();
  }
  update();
  return loss.item<double>();
}

template <class Optimiser>
void DenseProgram<Optimiser>::update() {
  const c10::NoGradGuard noGradients;
  optimiser_.step(gradients_);
  at::Tensor& W_dec = parameters_[1];
  W_dec.div_(at::linalg_vector_norm(W_dec, 2, at::IntArrayRef{1}, /*keepdim=*/true));
}

template class DenseProgram<ComposedAdam>;
template class DenseProgram<FusedAdam>;

}  // namespace featurescope

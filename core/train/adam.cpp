// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/adam_torch.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope {

Adam::Adam(AdamOptions options, std::vector<at::Tensor> parameters)
    : options_(options), parameters_(std::move(parameters)) {
  for (const at::Tensor& parameter : parameters_) {
    firstMoments_.push_back(at::zeros_like(parameter));
    secondMoments_.push_back(at::zeros_like(parameter));
    steps_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)));
  }
}

void Adam::step(const std::vector<at::Tensor>& gradients) {
  for (at::Tensor& step : steps_) step.add_(1);
  at::_fused_adam_(parameters_, gradients, firstMoments_, secondMoments_, /*max_exp_avg_sqs=*/{},
                   steps_, options_.learningRate, options_.beta1, options_.beta2,
                   /*weight_decay=*/0.0, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

void Adam::forget(std::size_t parameter, std::int64_t dimension, const at::Tensor& ids) {
  firstMoments_[parameter].index_fill_(dimension, ids, 0);
  secondMoments_[parameter].index_fill_(dimension, ids, 0);
}

SavedState Adam::save() const {
  SavedState state;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    state.tensors.emplace(fmt::format("first_moment.{}", i), firstMoments_[i]);
    state.tensors.emplace(fmt::format("second_moment.{}", i), secondMoments_[i]);
  }
  state.values["steps"] = static_cast<std::int64_t>(steps_.front().item<double>());
  return state;
}

void Adam::restore(const SavedState& state) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    state.copyTo(firstMoments_[i], fmt::format("first_moment.{}", i));
    state.copyTo(secondMoments_[i], fmt::format("second_moment.{}", i));
  }
  const auto steps = static_cast<double>(state.value<std::int64_t>("steps"));
  for (at::Tensor& count : steps_) count.fill_(steps);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/adam_torch.h"

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

}  // namespace featurescope

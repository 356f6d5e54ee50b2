// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/adam_torch.h"
#include "core/train/unit_rows_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// Whether the kernel takes it: float32 in the CPU's memory without gaps, by rows or by columns.
bool hasRows(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat &&
         (tensor.is_contiguous() || (tensor.dim() == 2 && tensor.t().is_contiguous()));
}

/// The values as they lie in memory, a matrix by what lies together in it.
MatrixView<float> rowsOf(const at::Tensor& tensor) {
  const at::Tensor lying = tensor.is_contiguous() ? tensor : tensor.t();
  const std::int64_t columns = lying.dim() == 0 ? 1 : lying.size(-1);
  return {lying.mutable_data_ptr<float>(), columns == 0 ? 0 : lying.numel() / columns, columns};
}

AfterStep ofParameter(const std::vector<AfterStep>& after, std::size_t parameter) {
  return parameter < after.size() ? after[parameter] : AfterStep{};
}

}  // namespace

Adam::Adam(AdamOptions options, std::vector<at::Tensor> parameters)
    : options_(options), parameters_(std::move(parameters)) {
  for (const at::Tensor& parameter : parameters_) {
    firstMoments_.push_back(at::zeros_like(parameter));
    secondMoments_.push_back(at::zeros_like(parameter));
    steps_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)));
  }
}

std::int64_t Adam::stepsDone() const {
  return static_cast<std::int64_t>(steps_.front().item<double>());
}

void Adam::step(const std::vector<at::Tensor>& given, const std::vector<AfterStep>& after) {
  for (at::Tensor& step : steps_) step.add_(1);
  std::vector<at::Tensor> gradients = given;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    // Both ways below go through memory as it lies.
    if (gradients[i].strides() == parameters_[i].strides()) continue;
    gradients[i] = at::empty_like(parameters_[i]).copy_(given[i]);
  }
  if (std::all_of(parameters_.begin(), parameters_.end(), hasRows)) {
    stepByRows(gradients, after);
  } else {
    stepWhole(gradients, after);
  }
}

void Adam::stepByRows(const std::vector<at::Tensor>& gradients,
                      const std::vector<AfterStep>& after) {
  const AdamStep step{options_.learningRate, options_.beta1, options_.beta2, options_.epsilon,
                      stepsDone()};
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    adamStep({rowsOf(parameters_[i]), rowsOf(gradients[i]), rowsOf(firstMoments_[i]),
              rowsOf(secondMoments_[i])},
             step, ofParameter(after, i));
  }
}

void Adam::stepWhole(std::vector<at::Tensor>& gradients, const std::vector<AfterStep>& after) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (ofParameter(after, i).constraint == RowConstraint::ProjectedUnitNorm) {
      removeParallelComponent(gradients[i], parameters_[i]);
    }
  }
  at::_fused_adam_(parameters_, gradients, firstMoments_, secondMoments_, /*max_exp_avg_sqs=*/{},
                   steps_, options_.learningRate, options_.beta1, options_.beta2,
                   /*weight_decay=*/0.0, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const AfterStep ofThis = ofParameter(after, i);
    if (ofThis.constraint != RowConstraint::None) normaliseRows(parameters_[i]);
    if (ofThis.rounded)
      roundRows(rowsOf(parameters_[i]), ofThis.rounded->rows, ofThis.rounded->bounds);
  }
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
  state.values["steps"] = stepsDone();
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

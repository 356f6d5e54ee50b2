// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/suffix_gradient_torch.h"

namespace featurescope {

CountedTargets countedTargets(const TokenBatch& batch,
                              const std::vector<std::int64_t>& firstTargets, at::Device device) {
  std::vector<std::int64_t> sources, ids;
  CountedTargets result;
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    const auto tokens = batch.row(row);
    const std::int64_t first = firstTargets[static_cast<std::size_t>(row)];
    const auto end = static_cast<std::int64_t>(tokens.size());
    for (std::int64_t target = first; target < end; ++target) {
      sources.push_back(row * batch.length + target - 1);
      ids.push_back(tokens[static_cast<std::size_t>(target)].value);
    }
    result.perRow.push_back(end - first);
  }
  result.sources = at::tensor(sources, at::kLong).to(device);
  result.ids = at::tensor(ids, at::kLong).to(device);
  return result;
}

SuffixGradient suffixGradient(const LanguageModel& model, const SiteBatch& batch,
                              const at::Tensor& output, const CountedTargets& targets) {
  const at::AutoGradMode gradients(true);
  const at::Tensor value = batch.valueOf(output).requires_grad_(true);
  const at::Tensor hidden = model.forwardFrom(batch.prefix, value);
  const at::Tensor losses =
      model.targetLosses(hidden.flatten(0, 1).index_select(0, targets.sources), targets.ids);
  const at::Tensor loss = losses.mean();
  loss.backward();
  return {.loss = losses.detach().to(at::kDouble).mean().item<double>(),
          .output = value.grad().flatten(0, 1).index_select(0, batch.realRows).to(at::kFloat)};
}

}  // namespace featurescope

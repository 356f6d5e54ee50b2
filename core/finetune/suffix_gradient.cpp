// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/suffix_gradient_torch.h"
#include "core/lm/target_gradient_torch.h"

#include <ATen/core/grad_mode.h>

#include <map>
#include <utility>

namespace featurescope {

namespace {

/// Numbers the beginnings of a batch's rows: equal beginnings get equal numbers.
class Beginnings {
 public:
  static constexpr std::int64_t kEmpty = -1;

  /// That of `beginning` followed by `token`.
  [[nodiscard]] std::int64_t extended(std::int64_t beginning, TokenId token) {
    const auto next = static_cast<std::int64_t>(numbers_.size());
    return numbers_.try_emplace({beginning, token}, next).first->second;
  }

 private:
  std::map<std::pair<std::int64_t, TokenId>, std::int64_t> numbers_;
};

/// The gradient of the mean loss in the last hidden states, and the loss.
std::pair<double, at::Tensor> lossGradient(const LanguageModel& model, const at::Tensor& hidden,
                                           const CountedTargets& targets) {
  const at::NoGradGuard noGradients;
  const at::Tensor flat = hidden.detach().flatten(0, 1);
  const TargetGradient gradient =
      targetGradient(model, flat.index_select(0, targets.states), targets.places, targets.ids);
  at::Tensor ofHidden = at::zeros_like(flat);
  ofHidden.index_copy_(0, targets.sources, gradient.hidden.div(targets.count()));
  return {gradient.losses.mean(at::kDouble).item<double>(), ofHidden.view(hidden.sizes())};
}

}  // namespace

CountedTargets countedTargets(const TokenBatch& batch,
                              const std::vector<std::int64_t>& firstTargets, at::Device device) {
  std::vector<std::int64_t> states, places, sources, ids;
  std::map<std::int64_t, std::int64_t> placeOf;  // by beginning
  Beginnings beginnings;
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    const auto tokens = batch.row(row);
    const std::int64_t first = firstTargets[static_cast<std::size_t>(row)];
    std::int64_t beginning = Beginnings::kEmpty;
    for (std::int64_t target = 1; target < std::ssize(tokens); ++target) {
      beginning = beginnings.extended(beginning, tokens[static_cast<std::size_t>(target - 1)]);
      if (target < first) continue;
      const std::int64_t source = row * batch.length + target - 1;
      const auto [place, isNew] = placeOf.try_emplace(beginning, std::ssize(states));
      if (isNew) states.push_back(source);
      places.push_back(place->second);
      sources.push_back(source);
      ids.push_back(tokens[static_cast<std::size_t>(target)].value);
    }
  }
  const auto onDevice = [&](const std::vector<std::int64_t>& numbers) {
    return at::tensor(numbers, at::kLong).to(device);
  };
  return {.ids = onDevice(ids),
          .sources = onDevice(sources),
          .states = onDevice(states),
          .places = onDevice(places)};
}

SuffixGradient suffixGradient(const LanguageModel& model, const SiteBatch& batch,
                              const at::Tensor& output, const CountedTargets& targets) {
  const at::Tensor value = batch.valueOf(output);
  const at::AutoGradMode gradients(true);
  const at::Tensor leaf = value.detach().requires_grad_(true);
  const at::Tensor hidden = model.forwardFrom(batch.prefix, leaf);
  const auto [loss, gradient] = lossGradient(model, hidden, targets);
  hidden.backward(gradient);
  return {.loss = loss,
          .output = leaf.grad().flatten(0, 1).index_select(0, batch.realRows).to(at::kFloat)};
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/suffix_gradient_torch.h"
#include "core/lm/target_gradient_torch.h"

#include <ATen/core/grad_mode.h>

#include <map>
#include <utility>
#include <vector>

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

/// The mean loss, and its gradient in some hidden states or the site's values.
struct LossGradient {
  double loss = 0;
  at::Tensor gradient;
};

/// In the last hidden states.
LossGradient lossGradient(const LanguageModel& model, const at::Tensor& hidden,
                          const CountedTargets& targets) {
  const at::NoGradGuard noGradients;
  const at::Tensor flat = hidden.detach().flatten(0, 1);
  const TargetGradient gradient =
      targetGradient(model, flat.index_select(0, targets.states), targets.places, targets.ids);
  at::Tensor ofHidden = at::zeros_like(flat);
  ofHidden.index_copy_(0, targets.sources, gradient.hidden.div(targets.count()));
  return {gradient.losses.mean(at::kDouble).item<double>(), ofHidden.view(hidden.sizes())};
}

/// In the site's values, by one graph over all blocks.
LossGradient wholeGradient(const LanguageModel& model, const SiteBatch& batch,
                           const at::Tensor& value, const CountedTargets& targets) {
  const at::AutoGradMode gradients(true);
  const at::Tensor leaf = value.detach().requires_grad_(true);
  const at::Tensor hidden = model.forwardFrom(batch.prefix, leaf);
  const LossGradient ofHidden = lossGradient(model, hidden, targets);
  hidden.backward(ofHidden.gradient);
  return {ofHidden.loss, leaf.grad()};
}

/// The same, a block's graph at a time. Each is recorded on the way there too, though nothing uses
/// it: what records may round otherwise than what doesn't.
LossGradient gradientByBlocks(const LanguageModel& model, const SiteBatch& batch,
                              const at::Tensor& value, const CountedTargets& targets) {
  const at::AutoGradMode gradients(true);
  const std::int32_t first = batch.prefix.site.layer.value;
  const auto end = static_cast<std::int32_t>(model.config().layers);
  const auto block = [&](std::int32_t layer, const at::Tensor& input) {
    return layer == first ? model.endOfSitesBlock(batch.prefix, input)
                          : model.endOfBlock(Layer{layer}, input);
  };
  const auto leafOf = [](const at::Tensor& values) { return values.detach().requires_grad_(true); };
  std::vector<at::Tensor> inputs;
  at::Tensor hidden = value;
  for (std::int32_t layer = first; layer < end; ++layer) {
    inputs.push_back(hidden);
    hidden = block(layer, leafOf(hidden)).detach();
  }
  auto [loss, gradient] = lossGradient(model, hidden, targets);
  for (std::int32_t layer = end - 1; layer >= first; --layer) {
    const at::Tensor leaf = leafOf(inputs.back());
    inputs.pop_back();
    block(layer, leaf).backward(gradient);
    gradient = leaf.grad();
  }
  return {loss, gradient};
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
                              const at::Tensor& output, const CountedTargets& targets,
                              KeptActivations kept) {
  const at::Tensor value = batch.valueOf(output);
  const auto [loss, gradient] = kept == KeptActivations::All
                                    ? wholeGradient(model, batch, value, targets)
                                    : gradientByBlocks(model, batch, value, targets);
  return {.loss = loss,
          .output = gradient.flatten(0, 1).index_select(0, batch.realRows).to(at::kFloat)};
}

}  // namespace featurescope

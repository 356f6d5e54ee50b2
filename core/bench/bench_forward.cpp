// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/bench/bench_kinds.h"
#include "core/bench/programs_torch.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"

#include <fmt/format.h>

namespace featurescope {

namespace {

NeoxConfig configOf(const BenchRequest& request) {
  NeoxConfig config;
  config.layers = request.layers;
  config.width = request.width;
  config.heads = request.heads;
  config.innerWidth = request.innerWidth;
  config.vocabulary = request.vocabulary;
  config.maxPositions = std::max<std::int64_t>(2048, request.context);
  if (config.width % config.heads != 0 || request.layer >= config.layers) {
    throw UserError(
        ErrorCode::BadUsage, "cannot measure a forward pass",
        fmt::format("a model of {} layers and {} heads of {} values in all has no layer "
                    "{} or no whole head",
                    config.layers, config.heads, config.width, request.layer),
        "choose --layers, --layer, --heads and --d that fit together");
  }
  return config;
}

}  // namespace

LanguageModel randomModel(const BenchRequest& request) {
  const at::Device device = resolveDevice(request.compute);
  const NeoxConfig config = configOf(request);
  NeoxWeights weights = NeoxWeights::random(config, request.compute.seed);
  const at::ScalarType dtype = resolveDtype(request.compute, device);
  for (const auto& [name, tensor] : weights.named()) *tensor = tensor->to(device, dtype);
  return {config, std::move(weights)};
}

std::vector<Throughput> benchForward(const BenchRequest& request, const JobContext& job) {
  const LanguageModel model = randomModel(request);
  at::manual_seed(request.compute.seed);
  const at::Tensor tokens =
      at::randint(request.vocabulary, {request.batch, request.context}, at::kLong)
          .to(model.device());
  const auto layer = static_cast<std::int32_t>(request.layer);
  const Site site{Layer{layer}, SiteKind::MlpOut};
  const auto amount = static_cast<double>(request.batch * request.context);
  const auto lastHidden = [&] { return model.forward(tokens, {}, std::nullopt, true).hidden; };
  const std::vector<BenchWork> works{
      {fmt::format("to layer {}", layer), "tokens", amount,
       [&] { finish(model.activations(tokens, site)); }},
      {"logits", "tokens", amount, [&] { finish(model.logits(lastHidden())); }},
      {"loss", "tokens", amount, [&] { finish(model.tokenLosses(lastHidden(), tokens)); }}};
  return measure(BenchKind::Forward, works, request, job);
}

}  // namespace featurescope

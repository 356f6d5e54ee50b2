// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/autoencoder_quality.h"

#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"

namespace featurescope::demo {
namespace {

/// Mean loss with `value` at the prefix's site.
double lossWith(const LanguageModel& model, const LanguageModel::Prefix& prefix,
                const at::Tensor& value, const at::Tensor& tokens) {
  return model.tokenLosses(model.forwardFrom(prefix, value), tokens).mean().item<double>();
}

}  // namespace

AutoencoderQuality measureAutoencoder(const std::filesystem::path& model,
                                      const std::filesystem::path& sae, const Site& site,
                                      std::span<const TokenId> stream, std::int64_t context,
                                      const JobContext& job) {
  const at::NoGradGuard noGrad;
  const LanguageModel languageModel = LanguageModel::open(model, {});
  const Autoencoder autoencoder = Autoencoder::load(sae);
  const std::int64_t width = autoencoder.width();
  AutoencoderQuality quality;
  at::Tensor sum = at::zeros({width}, at::kDouble), squares = at::zeros({}, at::kDouble);
  double error = 0, active = 0;
  const auto length = static_cast<std::size_t>(context);
  const std::size_t contexts = stream.size() / length;
  for (std::size_t c = 0; c < contexts; ++c) {
    job.throwIfStopped();
    const auto part = stream.subspan(c * length, length);
    const TokenBatch batch{
        {part.begin(), part.end()}, {static_cast<std::int32_t>(context)}, context};
    const at::Tensor tokens = toTorch(batch, languageModel);
    const LanguageModel::Prefix prefix = languageModel.forwardTo(tokens, site);
    const at::Tensor x = prefix.value.reshape({context, width});
    const at::Tensor f = autoencoder.encode(x);
    const at::Tensor reconstruction = autoencoder.decode(f, x);

    active += f.gt(0).sum().item<double>();
    error += (x - reconstruction).square().sum().item<double>();
    sum += x.sum(0, false, at::kDouble);
    squares += x.to(at::kDouble).square().sum();
    quality.lossBase += lossWith(languageModel, prefix, prefix.value, tokens);
    quality.lossWithAutoencoder +=
        lossWith(languageModel, prefix, reconstruction.view_as(prefix.value), tokens);
    quality.lossWithZero += lossWith(languageModel, prefix, at::zeros_like(prefix.value), tokens);
  }
  const auto count = static_cast<double>(contexts);
  const double tokens = count * static_cast<double>(context);
  const double spread = squares.item<double>() - sum.square().sum().item<double>() / tokens;
  quality.l0 = active / tokens;
  quality.explainedVariance = 1 - error / spread;
  quality.lossBase /= count;
  quality.lossWithAutoencoder /= count;
  quality.lossWithZero /= count;
  return quality;
}

}  // namespace featurescope::demo

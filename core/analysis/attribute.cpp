// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attribute.h"

#include "core/analysis/logit_attribution_torch.h"
#include "core/base/error.h"
#include "core/sae/autoencoder_torch.h"
#include "core/text/display.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace featurescope {

namespace {

Site siteOf(const AttributeRequest& request, const CheckpointInfo& sae) {
  if (request.site) return *request.site;
  return Site::fromName(sae.hookName).value_or(Site{});
}

void checkFeature(FeatureId feature, const CheckpointInfo& sae) {
  if (feature.value >= 0 && feature.value < sae.features) return;
  throw UserError(ErrorCode::OutOfRange, fmt::format("cannot attribute feature {}", feature.value),
                  fmt::format("the SAE has {} features", sae.features),
                  fmt::format("choose one from 0 to {}", sae.features - 1));
}

/// The tokens that these texts are, one each.
std::vector<TokenId> namedTokens(const Tokenizer& tokenizer, const std::vector<std::string>& names,
                                 std::int64_t vocabulary) {
  std::vector<TokenId> tokens;
  tokens.reserve(names.size());
  for (const std::string& name : names) {
    const std::vector<TokenId> ids = tokenizer.encode(name);
    if (ids.size() != 1) {
      std::string parts;
      for (const std::string& part : displayTokens(tokenizer, ids)) parts += " '" + part + "'";
      throw UserError(
          ErrorCode::BadText, fmt::format("cannot attribute to '{}'", name),
          fmt::format("it is {} tokens, not one{}{}", ids.size(), ids.empty() ? "" : ":", parts),
          "name single tokens; most words are one with a space before them");
    }
    if (ids.front().value >= vocabulary) {
      throw UserError(
          ErrorCode::OutOfRange, fmt::format("cannot attribute to '{}'", name),
          fmt::format("its id {} is beyond the model's {} tokens", ids.front().value, vocabulary),
          "use the tokenizer.json that came with the model");
    }
    tokens.push_back(ids.front());
  }
  return tokens;
}

}  // namespace

std::vector<AttributedToken> attribute(const AttributeRequest& request, const JobContext& job) {
  return guarded("cannot attribute to logits", [&] {
    const at::NoGradGuard noGradients;
    const CheckpointInfo sae = inspectCheckpoint(request.sae);
    checkFeature(request.feature, sae);
    applyThreads(request.compute);
    const Tokenizer tokenizer = Tokenizer::load(request.model);
    const auto attribution =
        LogitAttribution::open(request.model, siteOf(request, sae), request.compute);
    const std::vector<TokenId> named =
        namedTokens(tokenizer, request.tokens, attribution.vocabulary());
    const at::Tensor row =
        Autoencoder::load(request.sae).parameters().W_dec.narrow(0, request.feature.value, 1);

    std::vector<AttributedToken> rows;
    const auto add = [&](TokenId token, float value) {
      rows.push_back({token, displayToken(tokenizer.bytes(token)), value});
    };
    if (!named.empty()) {
      const at::Tensor values = attribution.logits(row)[0].to(at::kCPU).contiguous();
      for (const TokenId token : named) add(token, values.const_data_ptr<float>()[token.value]);
      return rows;
    }
    SilentProgress silent;  // one feature takes a moment
    attribution.forEachFeature(row, tokenizer, request.limit, {job.stop, silent},
                               [&](FeatureId /*first*/, const ExtremeLogits& extremes) {
                                 for (const auto& [token, value] : extremes.promoted) {
                                   add(token, value);
                                 }
                                 for (const auto& [token, value] : extremes.suppressed) {
                                   add(token, value);
                                 }
                               });
    return rows;
  });
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/convert_checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/sae/stored_parameters_torch.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace featurescope {

namespace {

/// What the weights stand for beyond what any layout says, or empty.
std::string unfoldedFactor(const CheckpointInfo& sae) {
  if (sae.inputFactor != 1) return "the scale of activation_scaler.json";
  if (sae.biasFactor != 1) return "an interrupted training's norm_factor";
  if (!sae.decoderRowFactor.empty()) return "a scaling_factor of its features";
  return {};
}

/// How x is read and x̂ made, where only SAELens or sparsify has a word for it; or empty.
std::string unusualForm(const CheckpointInfo& sae, CheckpointFormat to, bool hasSkip) {
  if (to != CheckpointFormat::SaeLens) {
    if (sae.normalisation != InputNormalisation::None) {
      return fmt::format("an input normalised by {}", name(sae.normalisation));
    }
    if (sae.scalesByDecoderNorm) return "activations rescaled by the decoder's norm";
  }
  if (to != CheckpointFormat::Sparsify) {
    if (hasSkip) return "a skip connection";
    if (sae.isTranscoder) return "a transcoder";
  }
  return {};
}

std::string biasUse(const CheckpointInfo& sae) {
  return fmt::format("a {} SAE that {} b_dec from its input", architectureName(sae),
                     sae.subtractsDecoderBias ? "subtracts" : "does not subtract");
}

/// The SAE's kind, where the layout has none such; or empty.
std::string unknownKind(const CheckpointInfo& sae, CheckpointFormat to) {
  const Architecture architecture = sae.activation.architecture;
  switch (to) {
    case CheckpointFormat::Sparsify:
      if (architecture != Architecture::TopK) return fmt::format("a {} SAE", architectureName(sae));
      return sae.isTranscoder || sae.subtractsDecoderBias ? "" : biasUse(sae);
    case CheckpointFormat::DictionaryLearning:
      if (architecture == Architecture::Standard) return {};
      return sae.subtractsDecoderBias == (architecture != Architecture::JumpRelu) ? ""
                                                                                  : biasUse(sae);
    case CheckpointFormat::Neel:
      if (architecture == Architecture::Standard && sae.subtractsDecoderBias) return {};
      return architecture == Architecture::Standard
                 ? biasUse(sae)
                 : fmt::format("a {} SAE", architectureName(sae));
    default:
      return {};
  }
}

void checkCanHold(const CheckpointInfo& sae, CheckpointFormat to, bool hasSkip,
                  const std::string& what) {
  for (const std::string& found :
       {unfoldedFactor(sae), unusualForm(sae, to, hasSkip), unknownKind(sae, to)}) {
    if (found.empty()) continue;
    throw UserError(ErrorCode::Unsupported, what,
                    fmt::format("{}'s layout cannot hold {}", name(to), found),
                    "choose another layout");
  }
}

CheckpointOrigin originOf(const CheckpointInfo& sae) {
  CheckpointOrigin origin{.modelName = sae.modelName, .hookName = sae.hookName, .context = 0};
  const auto metadata = sae.settings.find("metadata");
  const Json& source = metadata != sae.settings.end() ? *metadata : sae.settings;
  for (const char* key : {"context_size", "seq_len"}) {
    const auto found = source.is_object() ? source.find(key) : source.end();
    if (found != source.end() && found->is_number_integer()) {
      origin.context = found->get<std::int64_t>();
    }
  }
  return origin;
}

}  // namespace

CheckpointInfo convertCheckpoint(const ConvertRequest& request) {
  const c10::NoGradGuard noGradients;
  const std::string what = "cannot convert the SAE " + request.sae.string();
  const CheckpointInfo sae = inspectCheckpoint(request.sae);
  checkOutput(request.out, request.force);
  const AutoencoderParameters parameters =
      readStoredParameters(TensorFile::open(sae.weightsPath), sae, what);
  checkCanHold(sae, request.to, parameters.W_skip.defined(), what);
  const CheckpointOrigin origin = originOf(sae);
  switch (request.to) {
    case CheckpointFormat::SaeLens:
      saveSaeLens(request.out, parameters, origin, sae.activation,
                  {sae.subtractsDecoderBias, sae.normalisation, sae.scalesByDecoderNorm});
      break;
    case CheckpointFormat::Sparsify:
      saveSparsify(request.out, parameters, origin, sae.activation.k, sae.isTranscoder);
      break;
    case CheckpointFormat::DictionaryLearning:
      saveDictionaryLearning(request.out, parameters, origin, sae.activation,
                             sae.subtractsDecoderBias, sae.groups);
      break;
    case CheckpointFormat::Neel:
      saveNeel(request.out, "0", parameters, origin);
      break;
    default:
      throw UserError(ErrorCode::Unsupported, what,
                      fmt::format("{}'s layout is only read", name(request.to)));
  }
  return inspectCheckpoint(request.out);
}

}  // namespace featurescope

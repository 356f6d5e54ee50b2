// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/sae/checkpoint_files.h"
#include "core/sae/checkpoint_formats.h"
#include "core/tensorfile/file_format.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

const TensorFile::Entry& entry(const TensorFile& file, std::string_view name,
                               const std::string& what) {
  const auto found = file.entries().find(name);
  if (found == file.entries().end()) {
    throw UserError(ErrorCode::BadFile, what, fmt::format("it has no tensor {}", name));
  }
  return found->second;
}

void checkIsFloat(const TensorFile::Entry& found, std::string_view name, const std::string& what) {
  const bool isFloat = found.dtype == DType::F32 || found.dtype == DType::F64 ||
                       found.dtype == DType::F16 || found.dtype == DType::BF16;
  if (isFloat) return;
  throw UserError(
      ErrorCode::BadFile, what,
      fmt::format("its {} has type {}, not floats", name, featurescope::name(found.dtype)));
}

/// [d, M] and so on, as the parameter is used.
std::vector<std::int64_t> shapeOf(std::string_view parameter, const CheckpointInfo& info) {
  if (parameter == "W_enc") return {info.width, info.features};
  if (parameter == "W_dec") return {info.features, info.width};
  if (parameter == "W_skip") return {info.width, info.width};
  if (parameter == "b_dec") return {info.width};
  return {info.features};
}

void checkShape(const CheckpointInfo& info, const StoredParameter& stored,
                const TensorFile& weights, const std::string& what) {
  const TensorFile::Entry& found = entry(weights, stored.tensor, what);
  checkIsFloat(found, stored.tensor, what);
  std::vector<std::int64_t> expected = shapeOf(stored.parameter, info);
  if (stored.transposed) std::ranges::reverse(expected);
  if (found.shape == expected) return;
  // One threshold may be all features'.
  const bool isScalar = found.shape.empty() || found.shape == std::vector<std::int64_t>{1};
  if (stored.parameter == "threshold" && isScalar) return;
  throw UserError(ErrorCode::ShapeMismatch, what,
                  fmt::format("its {} is {}, which should be {} to fit the encoder", stored.tensor,
                              shapeText(found.shape), shapeText(expected)));
}

void readShapes(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  const StoredParameter& stored = info.stored.front();  // W_enc
  const TensorFile::Entry& encoder = entry(weights, stored.tensor, what);
  const bool isMatrix = encoder.shape.size() == 2 && encoder.shape[0] > 0 && encoder.shape[1] > 0;
  if (!isMatrix) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("its {} is {}, not {}", stored.tensor, shapeText(encoder.shape),
                                stored.transposed ? "[M, d]" : "[d, M]"));
  }
  info.dtype = encoder.dtype;
  info.width = encoder.shape[stored.transposed ? 1 : 0];
  info.features = encoder.shape[stored.transposed ? 0 : 1];
  for (const StoredParameter& parameter : info.stored) {
    checkShape(info, parameter, weights, what);
  }
  if (info.decoderRowFactor.empty()) return;
  checkShape(info, {"scaling_factor", info.decoderRowFactor}, weights, what);
}

/// Told by the names of its tensors, and by the kind of file where these are the same.
CheckpointFormat formatOf(const TensorFile& weights) {
  const auto has = [&](std::string_view name) { return weights.contains(name); };
  if (has("pre_bias") && has("latent_bias")) return CheckpointFormat::OpenAi;
  const bool isState = has("ae.encoder.weight") || has("ae.W_enc");
  if (isState || has("decoder.weight") || has("group_sizes")) {
    return CheckpointFormat::DictionaryLearning;
  }
  if (has("encoder.weight")) return CheckpointFormat::Sparsify;
  const MappedFile file(weights.path());
  switch (recogniseTensorFile(file.bytes(), weights.path())) {
    case TensorFileFormat::Npz:
      return CheckpointFormat::GemmaScope;
    case TensorFileFormat::TorchZip:
      return has("threshold") ? CheckpointFormat::DictionaryLearning : CheckpointFormat::Neel;
    default:
      return CheckpointFormat::SaeLens;
  }
}

void readFormat(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  switch (info.format) {
    case CheckpointFormat::SaeLens:
      return readSaeLens(info, weights, what);
    case CheckpointFormat::Sparsify:
      return readSparsify(info, weights, what);
    case CheckpointFormat::DictionaryLearning:
      return readDictionaryLearning(info, weights, what);
    case CheckpointFormat::Neel:
      return readNeel(info, weights, what);
    case CheckpointFormat::OpenAi:
      return readOpenAi(info, weights, what);
    case CheckpointFormat::GemmaScope:
      return readGemmaScope(info, weights, what);
  }
}

}  // namespace

std::string_view name(CheckpointFormat format) {
  return kCheckpointFormatNames.at(static_cast<std::size_t>(format));
}

std::optional<CheckpointFormat> checkpointFormatNamed(std::string_view name) {
  const auto* const found = std::ranges::find(kCheckpointFormatNames, name);
  if (found == kCheckpointFormatNames.end()) return std::nullopt;
  return static_cast<CheckpointFormat>(found - kCheckpointFormatNames.begin());
}

std::string_view name(InputNormalisation normalisation) {
  switch (normalisation) {
    case InputNormalisation::None:
      return "none";
    case InputNormalisation::LayerNorm:
      return "layer_norm";
    case InputNormalisation::ConstantNorm:
      return "constant_norm_rescale";
  }
  return "";
}

std::string_view architectureName(const CheckpointInfo& info) {
  return info.groups.empty() ? name(info.activation.architecture) : "matryoshka";
}

CheckpointInfo inspectCheckpoint(const fs::path& path) {
  const std::string what = "cannot use the SAE " + path.string();
  const CheckpointFiles files = findCheckpoint(path);
  CheckpointInfo info;
  info.weightsPath = files.weights.path();
  info.settingsPath = files.settings;
  if (files.settings) info.settings = readJson(*files.settings);
  if (!info.settings.is_object()) {
    throw UserError(ErrorCode::BadFile, "cannot read " + files.settings->string(),
                    "it holds no settings (a JSON object)");
  }
  info.format = formatOf(files.weights);
  readFormat(info, files.weights, what);
  readShapes(info, files.weights, what);
  return info;
}

void checkFineTunable(const CheckpointInfo& info) {
  if (info.activation.architecture != Architecture::Gated) return;
  throw UserError(ErrorCode::Unsupported, "cannot fine-tune the SAE " + info.weightsPath.string(),
                  "it is gated: it has no one pre-activation to scale",
                  "use a standard, top-k or jumprelu SAE");
}

std::string hashCheckpoint(const CheckpointInfo& info) {
  Sha256 hash;
  hash.add(hashFile(info.weightsPath));
  if (info.settingsPath) hash.add(hashFile(*info.settingsPath));
  if (info.scalePath) hash.add(hashFile(*info.scalePath));
  return hash.finish();
}

}  // namespace featurescope

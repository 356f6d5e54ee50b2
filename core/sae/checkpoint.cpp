// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/sae/checkpoint_files.h"
#include "core/sae/checkpoint_settings.h"
#include "core/tensorfile/file_format.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

UserError unsupported(const std::string& what, const std::string& found) {
  return {ErrorCode::Unsupported, what, "it is " + found,
          "SAEs in SAELens' or Neel Nanda's layout can be used"};
}

/// What a checkpoint of a kind that is not read is, told by the names of its tensors.
std::optional<std::string> foreignKind(const TensorFile& file) {
  const auto has = [&](std::string_view name) { return file.contains(name); };
  if (has("pre_bias")) return "OpenAI's sparse_autoencoder layout";
  if (has("ae.encoder.weight") || has("ae.W_enc")) {
    return "an interrupted dictionary_learning training state";
  }
  if (has("encoder.weight")) {
    return has("W_dec") ? "EleutherAI's sparsify layout" : "dictionary_learning's layout";
  }
  if (has("group_sizes")) return "a matryoshka batch-top-k SAE";
  if (has("W_skip")) return "a skip transcoder";
  if (has("b_dec_out")) return "a transcoder";
  if (has("threshold") && has("k")) return "dictionary_learning's layout";
  return std::nullopt;
}

const TensorFile::Entry& entry(const TensorFile& file, std::string_view name,
                               const std::string& what) {
  const auto found = file.entries().find(name);
  if (found == file.entries().end()) {
    throw UserError(ErrorCode::BadFile, what, fmt::format("it has no tensor {}", name));
  }
  return found->second;
}

void checkShape(const TensorFile& file, std::string_view name,
                const std::vector<std::int64_t>& expected, const std::string& what) {
  const TensorFile::Entry& found = entry(file, name, what);
  if (found.shape != expected) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("its {} is {}, which should be {} to fit W_enc", name,
                                shapeText(found.shape), shapeText(expected)));
  }
  const bool isFloat = found.dtype == DType::F32 || found.dtype == DType::F64 ||
                       found.dtype == DType::F16 || found.dtype == DType::BF16;
  if (!isFloat) {
    throw UserError(
        ErrorCode::BadFile, what,
        fmt::format("its {} has type {}, not floats", name, featurescope::name(found.dtype)));
  }
}

CheckpointFormat formatOf(const TensorFile& weights) {
  const MappedFile file(weights.path());
  return recogniseTensorFile(file.bytes(), weights.path()) == TensorFileFormat::TorchZip
             ? CheckpointFormat::Neel
             : CheckpointFormat::SaeLens;
}

/// The names of the tensors of shape [M].
std::vector<std::string_view> featureVectors(Architecture architecture) {
  switch (architecture) {
    case Architecture::JumpRelu:
      return {"b_enc", "threshold"};
    case Architecture::Gated:
      return {"b_gate", "b_mag", "r_mag"};
    default:
      return {"b_enc"};
  }
}

void readShapes(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  const TensorFile::Entry& encoder = entry(weights, "W_enc", what);
  const bool isMatrix = encoder.shape.size() == 2 && encoder.shape[0] > 0 && encoder.shape[1] > 0;
  if (!isMatrix) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("its W_enc is {}, not [d, M]", shapeText(encoder.shape)));
  }
  info.dtype = encoder.dtype;
  info.width = encoder.shape[0];
  info.features = encoder.shape[1];
  checkShape(weights, "W_enc", {info.width, info.features}, what);
  checkShape(weights, "W_dec", {info.features, info.width}, what);
  checkShape(weights, "b_dec", {info.width}, what);
  for (const std::string_view name : featureVectors(info.activation.architecture)) {
    checkShape(weights, name, {info.features}, what);
  }
}

/// Tensors that only another architecture than the settings' has: one of the two files is wrong.
void checkNothingElse(const CheckpointInfo& info, const TensorFile& weights,
                      const std::string& what) {
  const auto expected = featureVectors(info.activation.architecture);
  for (const std::string_view name : {"threshold", "b_gate", "b_mag", "r_mag"}) {
    if (!weights.contains(name)) continue;
    if (std::find(expected.begin(), expected.end(), name) != expected.end()) continue;
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("it has a tensor {}, but is a {} SAE by its settings", name,
                                featurescope::name(info.activation.architecture)),
                    "its weights and its settings are not of the same SAE");
  }
}

std::optional<fs::path> sparsityBeside(const CheckpointInfo& info) {
  fs::path path = info.weightsPath.parent_path() / "sparsity.safetensors";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace

std::string_view name(CheckpointFormat format) {
  switch (format) {
    case CheckpointFormat::SaeLens:
      return "saelens";
    case CheckpointFormat::Neel:
      return "neel";
  }
  return "";
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
  if (const auto kind = foreignKind(files.weights)) throw unsupported(what, *kind);

  info.format = formatOf(files.weights);
  if (info.format == CheckpointFormat::Neel) {
    readNeelSettings(info, what);
  } else if (files.settings) {
    readSaeLensSettings(info, what);
  } else {
    // Without it a top-k SAE would pass for a standard one: their tensors have the same names.
    throw UserError(ErrorCode::NotFound, what, "there is no cfg.json beside its weights",
                    "it says which kind of SAE the weights belong to");
  }
  readShapes(info, files.weights, what);
  checkNothingElse(info, files.weights, what);
  info.sparsityPath = sparsityBeside(info);
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
  return hash.finish();
}

}  // namespace featurescope

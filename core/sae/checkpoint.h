// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/sae/architecture.h"
#include "core/tensorfile/tensor_file.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

enum class CheckpointFormat { SaeLens, Neel };
[[nodiscard]] std::string_view name(
    CheckpointFormat format);  ///< contract's names: "saelens", "neel"

/// What a checkpoint says of itself, without its weights. Torch-free.
struct CheckpointInfo {
  CheckpointFormat format = CheckpointFormat::SaeLens;
  Activation activation;
  std::int64_t width = 0;            ///< d
  std::int64_t features = 0;         ///< M
  bool subtractsDecoderBias = true;  ///< apply_b_dec_to_input
  /// rescale_acts_by_decoder_norm: pre-activations are multiplied by the norms of W_dec's rows
  /// before selection, features divided by them before decoding.
  bool scalesByDecoderNorm = false;
  std::string hookName;  ///< as the file says, or empty
  std::string modelName;
  DType dtype = DType::F32;                           ///< of W_enc as stored
  Json settings = Json::object();                     ///< its cfg, whole; empty where there is none
  std::filesystem::path weightsPath;                  ///< the file of tensors
  std::optional<std::filesystem::path> settingsPath;  ///< the file of `settings`
  std::optional<std::filesystem::path> sparsityPath;  ///< SAELens' log10 frequencies
};

/// Recognises a checkpoint by its contents (reference/sae_formats.md): a folder, its weights file,
/// or RUN/ with a sae/ in it. Throws UserError{NotFound, BadFile, ShapeMismatch} and {Unsupported}
/// that says what was found.
[[nodiscard]] CheckpointInfo inspectCheckpoint(const std::filesystem::path& path);

/// Throws UserError{Unsupported} for a gated SAE: it has no one pre-activation z for a
/// fine-tuning's ReLU(c ⊙ z + d).
void checkFineTunable(const CheckpointInfo& info);

/// sha256 of the checkpoint's contents (weights and settings).
[[nodiscard]] std::string hashCheckpoint(const CheckpointInfo& info);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/sae/architecture.h"
#include "core/tensorfile/tensor_file.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// The programs whose files are read; reference of each: the reader of its settings.
enum class CheckpointFormat { SaeLens, Sparsify, DictionaryLearning, Neel, OpenAi, GemmaScope };

/// The contract's names, in that order.
inline constexpr std::array<std::string_view, 6> kCheckpointFormatNames{
    "saelens", "sparsify", "dictionary-learning", "neel", "openai", "gemma-scope"};
[[nodiscard]] std::string_view name(CheckpointFormat format);
[[nodiscard]] std::optional<CheckpointFormat> checkpointFormatNamed(std::string_view name);

/// What is done to a token's x before the encoder sees it, and undone on x̂.
enum class InputNormalisation {
  None,
  LayerNorm,     ///< (x − μ) / (σ + 1e-5), σ unbiased;  x̂ σ + μ
  ConstantNorm,  ///< x √d / ‖x‖;  x̂ ‖x‖ / √d
};
/// SAELens' names: "none", "layer_norm", "constant_norm_rescale"
[[nodiscard]] std::string_view name(InputNormalisation normalisation);

/// Where a parameter lies.
struct StoredParameter {
  std::string_view parameter;  ///< its name in AutoencoderParameters
  std::string tensor;          ///< its name in the file
  bool transposed = false;     ///< a matrix whose axes are the other way round in the file
};

/// What a checkpoint says of itself, without its weights. Torch-free.
struct CheckpointInfo {
  CheckpointFormat format = CheckpointFormat::SaeLens;
  Activation activation;
  std::int64_t width = 0;     ///< d
  std::int64_t features = 0;  ///< M
  std::vector<StoredParameter> stored;
  bool subtractsDecoderBias = true;  ///< apply_b_dec_to_input
  InputNormalisation normalisation = InputNormalisation::None;
  /// rescale_acts_by_decoder_norm: pre-activations are multiplied by the norms of W_dec's rows
  /// before selection, features divided by them before decoding.
  bool scalesByDecoderNorm = false;
  /// Training states whose scale is not folded in yet: the weights are for x · inputFactor …
  double inputFactor = 1;  ///< SAELens' activation_scaler.json
  /// … or for x / biasFactor, where every bias and threshold is to be multiplied by it.
  double biasFactor = 1;             ///< dictionary_learning's norm_factor
  std::string decoderRowFactor;      ///< the tensor [M] that multiplies W_dec's rows, or empty
  std::vector<std::int64_t> groups;  ///< of a matryoshka SAE: the sizes of its groups of features
  bool isTranscoder = false;         ///< x̂ is of another site than x
  std::string className;             ///< dictionary_learning's, or empty
  bool classIsGuessed = false;  ///< no settings name it, and several classes have these tensors
  std::string hookName;         ///< as the file says, or empty
  std::string modelName;
  DType dtype = DType::F32;                           ///< of W_enc as stored
  Json settings = Json::object();                     ///< its cfg, whole; empty where there is none
  std::filesystem::path weightsPath;                  ///< the file of tensors
  std::optional<std::filesystem::path> settingsPath;  ///< the file of `settings`
  std::optional<std::filesystem::path> scalePath;     ///< the file of `inputFactor`
  std::optional<std::filesystem::path> sparsityPath;  ///< SAELens' log10 frequencies
};

/// The contract's name of what it is: its activation's, or "matryoshka".
[[nodiscard]] std::string_view architectureName(const CheckpointInfo& info);

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

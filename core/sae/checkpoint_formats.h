// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/checkpoint.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace featurescope {

/// A reader a format: each takes from `weights` (names, and what decides) and from `info.settings`
/// what the checkpoint is: activation, stored parameters, normalisation, hook and model. The shapes
/// are checked afterwards. `what` starts the errors. They throw UserError{BadFile}, and
/// {Unsupported} naming the class, architecture or setting that is not handled.

/// SAELens, of version 6 or with the flat cfg.json before it: sae_lens/saes/*.py
void readSaeLens(CheckpointInfo& info, const TensorFile& weights, const std::string& what);
/// EleutherAI's sparsify: sparsify/sparse_coder.py
void readSparsify(CheckpointInfo& info, const TensorFile& weights, const std::string& what);
/// dictionary_learning: dictionary.py and trainers/*.py
void readDictionaryLearning(CheckpointInfo& info, const TensorFile& weights,
                            const std::string& what);
/// Neel Nanda's 1L-Sparse-Autoencoder: utils.py. Always standard; settings may be missing.
void readNeel(CheckpointInfo& info, const TensorFile& weights, const std::string& what);
/// OpenAI's sparse_autoencoder: model.py
void readOpenAi(CheckpointInfo& info, const TensorFile& weights, const std::string& what);
/// Gemma Scope's params.npz (Lieberum et al. 2024, tutorial)
void readGemmaScope(CheckpointInfo& info, const TensorFile& weights, const std::string& what);

/// A string at any of several keys (the spellings of different versions); the first wins.
[[nodiscard]] std::string firstString(const Json& object,
                                      std::initializer_list<std::string_view> keys,
                                      const std::string& what);

/// Throws UserError{Unsupported}: "its SETTING is VALUE".
[[noreturn]] void refuseSetting(const std::string& what, std::string_view setting,
                                std::string_view value);

/// A k that settings give. Throws UserError{BadFile} where it is missing or negative.
[[nodiscard]] std::int64_t checkedK(std::optional<std::int64_t> k, const std::string& what);

}  // namespace featurescope

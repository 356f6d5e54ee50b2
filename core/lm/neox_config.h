// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace featurescope {

enum class HiddenActivation { Gelu, GeluTanh, GeluFast };

/// What config.json says of a GPT-NeoX model (reference/pythia.md), both spellings of rotary
/// settings.
struct NeoxConfig {
  std::int64_t layers = 0;
  std::int64_t width = 0;  ///< d_model
  std::int64_t heads = 0;
  std::int64_t innerWidth = 0;  ///< d_ff
  std::int64_t vocabulary = 0;
  std::int64_t maxPositions = 2048;
  double rotaryFraction = 0.25;
  double rotaryBase = 10000.0;
  double layerNormEpsilon = 1e-5;
  bool parallelResidual = true;
  bool attentionBias = true;
  bool tiedEmbeddings = false;  ///< embed_out is embed_in
  HiddenActivation activation = HiddenActivation::Gelu;
  std::string torchDtype = "float32";  ///< what the file says it was saved in; a hint only

  [[nodiscard]] std::int64_t headWidth() const { return width / heads; }
  [[nodiscard]] std::int64_t rotaryWidth() const;

  /// Throws UserError{BadFile, Unsupported} naming the key.
  static NeoxConfig parse(const Json& config, const std::string& what);
  static NeoxConfig load(const std::filesystem::path& folder);
  /// A config.json that transformers and parse() read back.
  [[nodiscard]] Json toJson() const;
};

}  // namespace featurescope

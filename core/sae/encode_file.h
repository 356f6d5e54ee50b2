// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace featurescope {

struct EncodeRequest {
  std::filesystem::path sae;
  std::filesystem::path activations;   ///< safetensors
  std::string tensor = "activations";  ///< the tensor in it, [N, d] or [rows, length, d]
  std::filesystem::path out;           ///< safetensors, see contract `encode`
  bool sparse = false;
  bool force = false;
};

/// Figures over the file, as the contract defines them.
struct EncodeReport {
  std::int64_t tokens = 0;
  double l0 = 0;
  double reconstructionLoss = 0;
  std::optional<double> explainedVariance;  ///< nothing when the activations do not vary
};

/// The verb `encode`. Torch-free to call; runs on the calling thread.
EncodeReport encodeFile(const EncodeRequest& request, const JobContext& job);

}  // namespace featurescope

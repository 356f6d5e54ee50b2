// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// The verb `forward` (contract). Torch-free to call.
struct ForwardRequest {
  std::filesystem::path model;
  std::filesystem::path ids;          ///< JSON: array of equal-length arrays of token ids
  std::filesystem::path out;          ///< safetensors: `logits`, and each capture by its name
  std::vector<std::string> captures;  ///< module names
  bool logits = true;
  std::optional<std::filesystem::path> sae;
  std::optional<Site> site;  ///< where the SAE is inserted
  std::optional<std::filesystem::path> fineTuning;
  bool force = false;
  ComputeOptions compute;
};

struct ForwardReport {
  std::optional<double> loss;  ///< nats a predicted token; nothing without logits
};

ForwardReport forwardFile(const ForwardRequest& request, const JobContext& job);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// A row of the feature table (contract, `features`).
struct FeatureRecord {
  FeatureId feature;
  double density = 0;  ///< activating tokens / tokens counted
  std::int64_t activeTokens = 0;
  double max = 0;         ///< 0 when dead
  double meanActive = 0;  ///< mean over activating tokens; 0 when dead
  bool dead = false;
  std::optional<double>
      cosineToDead;  ///< with the mean dead row of W_dec; nothing when none is dead
  double decoderNorm = 0;
  double encoderBias = 0;
  std::string topToken;               ///< display string of the strongest activation's token
  std::optional<double> scale, bias;  ///< c and d after a fine-tuning
};

/// One activation of a feature. `rank` counts from 1; equal values rank by position.
struct ActivationRecord {
  std::int64_t rank = 0;
  Position position = 0;
  TokenId token;
  std::string strToken;  ///< as displayed
  std::string context;   ///< displayed tokens around and including it, of its own sequence
  double activation = 0;
  std::optional<double> activationFineTuned;
};

/// The tokens around a position, each as displayed: for painting.
struct ContextRecord {
  Position first = 0;  ///< position of tokens[0]
  std::vector<std::string> tokens;
  std::size_t peak = 0;  ///< index of the asked position
};

using Provenance = std::map<std::string, std::string, std::less<>>;

}  // namespace featurescope

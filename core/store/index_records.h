// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// A row of the feature table (contract, `features`). What is optional is nothing where it has no
/// meaning or an index of an older version does not have it.
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

  std::optional<double> densityLow, densityHigh;  ///< 95 % interval from the count (Wilson)
  std::optional<std::int64_t> topTokenCount;      ///< activating tokens that are the top token
  std::optional<double> encoderNorm;
  std::optional<double> encoderCosineToDead;  ///< with the mean of the dead columns of W_enc
  /// The same corpus after a fine-tuning.
  std::optional<std::int64_t> activeTokensFineTuned;
  std::optional<double> maxFineTuned, meanActiveFineTuned;

  /// Activations that are stored for searching, and the value above which all of them are: fewer
  /// than `activeTokens` and more than 0 where the budget cut the weakest. Set by the writer.
  std::optional<std::int64_t> postings;
  std::optional<double> postingsAbove;
};

/// Why an activation is among a feature's examples.
enum class ExampleKind : std::uint8_t {
  Top,       ///< the strongest, in rank order
  Quantile,  ///< drawn from one of several parts with equally many activations
  Random,    ///< drawn from all activations
  NearMiss,  ///< a token that does not activate the feature, but nearly does or stands beside one
};

/// One activation of a feature. `rank` counts from 1; equal values rank by position.
struct ActivationRecord {
  std::int64_t rank = 0;  ///< within its kind and part
  Position position = 0;
  TokenId token;
  std::string strToken;   ///< as displayed
  std::string context;    ///< displayed tokens around and including it, of its own sequence
  double activation = 0;  ///< of a near miss: its value before the nonlinearity, or 0
  std::optional<double> activationFineTuned;
  ExampleKind kind = ExampleKind::Top;
  std::int64_t part = 0;  ///< of Quantile: from 1, the strongest part
  /// Position of the feature's first example (in the order of the kinds) that has the same tokens
  /// around it; nothing for that one itself.
  std::optional<Position> repeatOf = std::nullopt;
};

/// How many tokens have a value in [low, high).
struct HistogramBin {
  double low = 0, high = 0;
  std::int64_t count = 0;
  std::optional<std::int64_t> countFineTuned;
};

/// How well one token tells a feature.
struct FeatureTokenRecord {
  TokenId token;
  std::string strToken;
  std::int64_t count = 0;  ///< activating tokens that are it
  double precision = 0;    ///< count / activating tokens
  double recall = 0;       ///< count / tokens of the corpus that are it
};

/// What a feature does to the logit of one token (direct logit attribution).
struct LogitTokenRecord {
  TokenId token;
  std::string strToken;
  double value = 0;
};

struct LogitTokens {
  std::vector<LogitTokenRecord> promoted;    ///< largest first
  std::vector<LogitTokenRecord> suppressed;  ///< smallest first
};

/// By what one feature is near another.
enum class NeighbourRelation : std::uint8_t {
  DecoderCosine,
  EncoderCosine,
  Jaccard,  ///< tokens that activate both / tokens that activate one or both
  Pearson,  ///< correlation of the values over all tokens
};

struct Neighbour {
  FeatureId feature;
  double value = 0;
};

/// Where a feature is active: positions ascending, with their values.
struct Postings {
  std::vector<Position> positions;
  std::vector<float> values;
  /// Every activation above this value is in the list; 0 when it is whole.
  double completeAbove = 0;
};

/// The tokens around a position, each as displayed: for painting.
struct ContextRecord {
  Position first = 0;  ///< position of tokens[0]
  std::vector<std::string> tokens;
  std::size_t peak = 0;  ///< index of the asked position
};

using Provenance = std::map<std::string, std::string, std::less<>>;

}  // namespace featurescope

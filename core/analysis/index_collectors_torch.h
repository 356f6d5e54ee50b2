// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/activation_histogram.h"
#include "core/analysis/activation_sample.h"
#include "core/analysis/co_activation_counts.h"
#include "core/analysis/feature_statistics.h"
#include "core/analysis/feature_tokens.h"
#include "core/analysis/index_detail.h"
#include "core/analysis/token_sample_torch.h"
#include "core/analysis/top_activations.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace featurescope {

/// What is collected of every feature while a corpus streams by, in memory that does not grow with
/// it. The same for any batches.
class IndexCollectors {
 public:
  struct Shape {
    std::int64_t features = 0, vocabulary = 0;
    std::uint64_t seed = 0;        ///< of all that is drawn
    std::filesystem::path folder;  ///< for temporary data
    bool fineTuned = false;        ///< whether codes after a fine-tuning come, too
  };
  IndexCollectors(const Shape& shape, const IndexDetail& detail);
  IndexCollectors(const IndexCollectors&) = delete;
  IndexCollectors& operator=(const IndexCollectors&) = delete;

  /// The next tokens of the stream: x [tokens, width] at the site and its code.
  void add(const at::Tensor& x, const SparseCode& code, std::span<const TokenId> tokens);
  /// The code of the same tokens after the fine-tuning.
  void addFineTuned(const SparseCode& code, std::span<const TokenId> tokens);
  /// After the last token.
  void finish();

  /// So far, of all codes added.
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] double l0() const;

  /// Of the activations after a fine-tuning.
  struct FineTuned {
    FeatureStatistics statistics;
    ActivationHistogram histogram;
  };

  // Complete after finish().
  [[nodiscard]] const FeatureStatistics& statistics() const { return statistics_; }
  [[nodiscard]] const ActivationHistogram& histogram() const { return histogram_; }
  [[nodiscard]] const TopActivations& top() const { return top_; }
  [[nodiscard]] const ActivationSample& sample() const { return sample_; }
  [[nodiscard]] const TokenSample& tokenSample() const { return tokenSample_; }
  [[nodiscard]] FeatureTokens& featureTokens() { return featureTokens_; }
  [[nodiscard]] CoActivationCounts& coActivations() { return coActivations_; }
  [[nodiscard]] const std::optional<FineTuned>& fineTuned() const { return fineTuned_; }

 private:
  std::int64_t tokens_ = 0, activations_ = 0;
  FeatureStatistics statistics_;
  ActivationHistogram histogram_;
  TopActivations top_;
  ActivationSample sample_;
  TokenSample tokenSample_;
  FeatureTokens featureTokens_;
  CoActivationCounts coActivations_;
  std::optional<FineTuned> fineTuned_;
  ColumnStream columns_;
  std::optional<ColumnStream> fineTunedColumns_;
};

}  // namespace featurescope

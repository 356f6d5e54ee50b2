// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/fine_tune.h"
#include "core/finetune/measured_losses.h"
#include "core/finetune/records.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/feature_scales.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Measures what the SAE and a fine-tuning of it do to the model's loss on records.
class LossMeter {
 public:
  /// A text to measure on: some of its records, as many as keep to `tokens` (at least one).
  struct Text {
    std::string name;
    const Records& texts;
    std::vector<RecordId> records;
    LossScope scope = LossScope::All;
    std::int64_t tokens = 0;
  };

  /// References are kept. Throws UserError{Unsupported} for a gated SAE.
  LossMeter(const LanguageModel& model, const Autoencoder& autoencoder, const Site& site,
            bool keepError);

  /// base, sae and start; the two others are left 0. Throws Interrupted.
  [[nodiscard]] MeasuredLosses before(const Text& text, const JobContext& job) const;
  /// fineTuned and permuted, into what before() gave for the same text.
  void after(const Text& text, const FeatureScales& learned, const FeatureScales& permuted,
             MeasuredLosses& measured, const JobContext& job) const;

 private:
  class Sums;
  struct Batch;

  template <class Take>
  void forEachBatch(const Text& text, const JobContext& job, const Take& take) const;
  [[nodiscard]] at::Tensor outputOf(const at::Tensor& x, const FeatureScales& scales) const;

  const LanguageModel& model_;
  const Autoencoder& autoencoder_;
  Site site_;
  bool keepError_;
};

}  // namespace featurescope

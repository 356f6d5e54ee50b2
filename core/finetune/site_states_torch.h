// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/spill_file.h"
#include "core/finetune/records.h"
#include "core/lm/language_model_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace featurescope {

/// A batch of records at the site: where the model stands when c and d come in.
struct SiteBatch {
  at::Tensor tokens;             ///< int64 [rows, length]
  at::Tensor realRows;           ///< int64: numbers of the real tokens among rows · length
  at::Tensor x;                  ///< float32 [real tokens, width]: the site's value
  LanguageModel::Prefix prefix;  ///< to go on from

  /// `output` [real tokens, width] as a value [rows, length, width] of the model's type.
  [[nodiscard]] at::Tensor valueOf(const at::Tensor& output) const;
};

/// The model below the site runs once for each record; what it came to is kept for the next time in
/// memory and, beyond a budget, in a file without a name. A record's state does not depend on
/// which records are asked for with it, or when: a run that goes on has the same bits.
class SiteStates {
 public:
  struct Options {
    Site site;
    std::int64_t cacheBytes = 0;           ///< in memory
    std::filesystem::path overflowFolder;  ///< where the file lies
  };

  /// Of `records`, ascending ids into `texts`. References are kept. Throws UserError{ShapeMismatch}
  /// for a record that is longer than the model's positions, {OutOfRange} for an unknown token.
  SiteStates(const LanguageModel& model, const Records& texts, const std::vector<RecordId>& records,
             Options options);

  /// Throws UserError{NotFinite} for a value at the site that is not, {CannotWrite}; Interrupted.
  [[nodiscard]] SiteBatch batch(std::span<const RecordId> records, const JobContext& job);

  /// The same without keeping anything: of texts that are read once.
  [[nodiscard]] static SiteBatch compute(const LanguageModel& model, const Site& site,
                                         const TokenBatch& batch);

 private:
  /// [length, width + d_model]: value and partial of each token, side by side.
  [[nodiscard]] at::Tensor stateOf(RecordId record);
  void computeGroupOf(RecordId record);
  void keep(RecordId record, at::Tensor state);

  const LanguageModel& model_;
  const Records& texts_;
  const std::vector<RecordId>& records_;
  Options options_;
  std::int64_t keptBytes_ = 0;
  std::unordered_map<RecordId, at::Tensor> inMemory_;
  std::optional<SpillFile> overflow_;
  std::unordered_map<RecordId, std::int64_t> inOverflow_;  ///< where it begins
};

}  // namespace featurescope

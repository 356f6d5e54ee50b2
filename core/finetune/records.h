// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/fine_tune.h"
#include "core/text/corpus.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace featurescope {

/// The number of a record in the order of the files, from 0.
using RecordId = std::int64_t;

/// The sequences of texts, held in memory. Immutable.
class Records {
 public:
  /// Throws as Corpus; Interrupted.
  Records(const Tokenizer& tokenizer, CorpusOptions options, const JobContext& job);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  [[nodiscard]] std::int64_t length(RecordId record) const;
  [[nodiscard]] std::span<const TokenId> tokens(RecordId record) const;
  /// Its first token that belongs to the completion, where it has one.
  [[nodiscard]] std::optional<std::int32_t> completionBegin(RecordId record) const;

  /// The first token whose loss counts; length() where none does. A record without a completion has
  /// none in the scope of completions.
  [[nodiscard]] std::int64_t firstTarget(RecordId record, LossScope scope) const;
  [[nodiscard]] std::int64_t targets(RecordId record, LossScope scope) const {
    return length(record) - firstTarget(record, scope);
  }

  /// Side by side, padded to the longest of them.
  [[nodiscard]] TokenBatch batch(std::span<const RecordId> records) const;

  [[nodiscard]] const CorpusReport& report() const { return report_; }

 private:
  std::vector<TokenId> tokens_;
  std::vector<std::int64_t> ends_;
  std::vector<std::optional<std::int32_t>> completionBegins_;
  CorpusReport report_;
};

}  // namespace featurescope

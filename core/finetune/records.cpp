// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/records.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {
constexpr std::int64_t kRecordsAtATime = 256;
}

Records::Records(const Tokenizer& tokenizer, CorpusOptions options, const JobContext& job) {
  options.marksCompletions = true;
  Corpus corpus(tokenizer, std::move(options));
  TokenBatch batch;
  while (corpus.next(batch, kRecordsAtATime)) {
    job.throwIfStopped();
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const auto tokens = batch.row(row);
      tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
      ends_.push_back(static_cast<std::int64_t>(tokens_.size()));
    }
    completionBegins_.insert(completionBegins_.end(), batch.completionBegin.begin(),
                             batch.completionBegin.end());
    job.progress.update({.stage = "reading text",
                         .done = corpus.bytesRead(),
                         .total = corpus.bytesTotal(),
                         .unit = "bytes",
                         .detail = {}});
  }
  report_ = corpus.report();
}

std::int64_t Records::length(RecordId record) const {
  return static_cast<std::int64_t>(tokens(record).size());
}

std::span<const TokenId> Records::tokens(RecordId record) const {
  const auto i = static_cast<std::size_t>(record);
  const auto begin = static_cast<std::size_t>(i == 0 ? 0 : ends_[i - 1]);
  return std::span(tokens_).subspan(begin, static_cast<std::size_t>(ends_[i]) - begin);
}

std::optional<std::int32_t> Records::completionBegin(RecordId record) const {
  return completionBegins_[static_cast<std::size_t>(record)];
}

std::int64_t Records::firstTarget(RecordId record, LossScope scope) const {
  // Nothing stands before the first token from which it could be predicted.
  constexpr std::int64_t kFirstPredicted = 1;
  const std::int64_t end = length(record);
  const std::int64_t first =
      scope == LossScope::All ? 0 : completionBegin(record).value_or(static_cast<int>(end));
  return std::min(std::max(first, kFirstPredicted), end);
}

TokenBatch Records::batch(std::span<const RecordId> records) const {
  TokenBatch batch;
  for (const RecordId record : records) {
    batch.lengths.push_back(static_cast<std::int32_t>(length(record)));
    batch.length = std::max(batch.length, length(record));
  }
  batch.tokens.assign(static_cast<std::size_t>(batch.rows() * batch.length), TokenId{0});
  auto row = batch.tokens.begin();
  for (const RecordId record : records) {
    std::ranges::copy(tokens(record), row);
    row += batch.length;
  }
  return batch;
}

}  // namespace featurescope

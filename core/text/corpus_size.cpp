// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/corpus_size.h"

#include <algorithm>

namespace featurescope {

double estimateTokens(const Tokenizer& tokenizer, const CorpusOptions& options,
                      std::int64_t sampled) {
  Corpus corpus(tokenizer, options);
  TokenBatch batch;
  const std::int64_t rows = 8;
  while (corpus.report().tokens < sampled) {
    if (!corpus.next(batch, rows)) return static_cast<double>(corpus.report().tokens);
  }
  const double share = static_cast<double>(corpus.bytesRead()) /
                       static_cast<double>(std::max<std::uint64_t>(corpus.bytesTotal(), 1));
  const double all = static_cast<double>(corpus.report().tokens) / std::clamp(share, 1e-9, 1.0);
  return options.maxTokens ? std::min(all, static_cast<double>(*options.maxTokens)) : all;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/corpus.h"

namespace featurescope {

/// About how many tokens a corpus has, in whole contexts and at most its maxTokens: counted where
/// it is short, else from the share of the files' bytes that its first `sampled` tokens take.
/// Throws as Corpus.
[[nodiscard]] double estimateTokens(const Tokenizer& tokenizer, const CorpusOptions& options,
                                    std::int64_t sampled = 100'000);

}  // namespace featurescope

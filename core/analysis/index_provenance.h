// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/build_index.h"
#include "core/store/index_records.h"

namespace featurescope {

/// What an index is made from, known before the run: versions, paths as given with hashes of their
/// contents, settings. Reads every byte of the model, the SAE and the texts.
[[nodiscard]] Provenance describeInputs(const IndexRequest& request, const JobContext& job);

/// What only the run tells: counts.
[[nodiscard]] Provenance describeOutcome(const CorpusReport& corpus, const IndexReport& report,
                                         const IndexDetail& detail);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>

namespace featurescope::demo {

struct DemoSettings {
  std::filesystem::path out;   ///< the study folder
  std::filesystem::path work;  ///< what is needed on the way only: training text, the SAE's run
  std::uint64_t seed = 0;
  int threads = 1;  ///< one, so that any machine makes the same bytes
  std::int64_t trainingCharacters = 12'000'000;
  bool reuseModel = false;  ///< keep the tokenizer and the model that are in `out`
};

/// Makes the whole demo study: text, tokenizer, language model, sparse autoencoder, index, report.
void makeDemo(const DemoSettings& settings, const JobContext& job);

}  // namespace featurescope::demo

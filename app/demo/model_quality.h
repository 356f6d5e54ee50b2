// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/demo/arithmetic.h"
#include "core/base/ids.h"
#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace featurescope::demo {

/// How often the model's most likely tokens are the right ones.
struct Accuracy {
  std::int64_t right = 0, asked = 0;
  [[nodiscard]] double share() const {
    return asked == 0 ? 0.0 : static_cast<double>(right) / static_cast<double>(asked);
  }
};

/// Mean loss in nats a predicted token over whole contexts of a stream.
[[nodiscard]] double meanLoss(const std::filesystem::path& model, std::span<const TokenId> stream,
                              std::int64_t context, const JobContext& job);

/// A question is right when every token of its completion and of the newline after it is the most
/// likely one. The model is shown a few solved problems first, as in its training text.
[[nodiscard]] Accuracy arithmeticAccuracy(const std::filesystem::path& model,
                                          std::span<const ArithmeticProblem> problems,
                                          std::span<const ArithmeticProblem> shown,
                                          const JobContext& job);

/// Of lines of chess: each label of the header ("Score:", " White:", …) after what stands before
/// it.
[[nodiscard]] Accuracy chessHeaderAccuracy(const std::filesystem::path& model,
                                           std::span<const std::string> chessTexts,
                                           const JobContext& job);

}  // namespace featurescope::demo

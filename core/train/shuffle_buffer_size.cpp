// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/shuffle_buffer_size.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::int64_t kUsualRows = 1 << 16;
constexpr std::int64_t kUsualValues = 1 << 28;  ///< 1 GB of float32

}  // namespace

std::int64_t shuffleBufferRows(const TrainSettings& settings, std::int64_t width) {
  const std::int64_t step = settings.tokensPerStep();
  if (!settings.shuffleBuffer) {
    return std::max(2 * step, std::min(kUsualRows, kUsualValues / width));
  }
  if (*settings.shuffleBuffer >= step) return *settings.shuffleBuffer;
  throw UserError(ErrorCode::BadUsage, "cannot train",
                  fmt::format("--shuffle-buffer {} holds less than one step of {} tokens",
                              *settings.shuffleBuffer, step),
                  "give it many times that, or --no-shuffle");
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/activation_source_torch.h"
#include "core/train/shuffle_buffer_torch.h"
#include "core/train/token_activations_torch.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

/// Rows of the shuffle buffer: many contexts, and not more than 1 GB.
constexpr std::int64_t kBufferRows = 1 << 16;
constexpr std::int64_t kBufferElements = 1 << 28;

std::int64_t bufferRows(std::int64_t tokensPerStep, std::int64_t width) {
  return std::max(2 * tokensPerStep, std::min(kBufferRows, kBufferElements / width));
}

/// Batches in the order of the text.
class OrderedModelSource final : public ActivationSource {
 public:
  explicit OrderedModelSource(const TrainSettings& settings)
      : stream_(settings), tokensPerStep_(settings.tokensPerStep()) {}

  [[nodiscard]] std::int64_t width() const override { return stream_.width(); }
  [[nodiscard]] Json provenance() const override { return stream_.provenance(); }
  [[nodiscard]] Json report() const override { return stream_.report(); }

  [[nodiscard]] at::Tensor next(const JobContext& job) override {
    std::vector<at::Tensor> parts;
    if (rest_.defined()) parts.push_back(std::exchange(rest_, {}));
    std::int64_t held = parts.empty() ? 0 : parts.front().size(0);
    for (; held < tokensPerStep_; held += parts.back().size(0)) parts.push_back(stream_.next(job));
    const at::Tensor all = at::cat(parts);
    if (held > tokensPerStep_) rest_ = all.narrow(0, tokensPerStep_, held - tokensPerStep_).clone();
    return all.narrow(0, 0, tokensPerStep_);
  }

 private:
  TokenActivations stream_;
  std::int64_t tokensPerStep_;
  at::Tensor rest_;
};

/// Batches drawn from a shuffle buffer.
class ShuffledModelSource final : public ActivationSource {
 public:
  ShuffledModelSource(const TrainSettings& settings, std::int64_t steps)
      : stream_(settings),
        tokensPerStep_(settings.tokensPerStep()),
        buffer_([this](const JobContext& job) { return stream_.next(job); },
                bufferRows(tokensPerStep_, stream_.width()), steps * tokensPerStep_,
                RandomStream(settings.compute.seed, "shuffle")) {}

  [[nodiscard]] std::int64_t width() const override { return stream_.width(); }
  [[nodiscard]] Json provenance() const override { return stream_.provenance(); }
  [[nodiscard]] Json report() const override { return stream_.report(); }

  [[nodiscard]] at::Tensor next(const JobContext& job) override {
    return buffer_.take(tokensPerStep_, job);
  }

 private:
  TokenActivations stream_;
  std::int64_t tokensPerStep_;
  ShuffleBuffer buffer_;
};

}  // namespace

std::unique_ptr<ActivationSource> openModelActivations(const TrainSettings& settings,
                                                       std::int64_t steps) {
  if (settings.shuffle) return std::make_unique<ShuffledModelSource>(settings, steps);
  return std::make_unique<OrderedModelSource>(settings);
}

}  // namespace featurescope

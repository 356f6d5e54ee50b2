// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/activation_source_torch.h"
#include "core/train/shuffle_buffer_torch.h"
#include "core/train/token_activations_torch.h"

#include <algorithm>
#include <optional>
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

class ModelSource final : public ActivationSource {
 public:
  ModelSource(const TrainSettings& settings, std::int64_t steps)
      : settings_(settings), steps_(steps) {
    startOver();
  }

  [[nodiscard]] std::int64_t width() const override { return stream_->width(); }
  [[nodiscard]] Json provenance() const override { return stream_->provenance(); }
  [[nodiscard]] Json report() const override { return stream_->report(); }

  [[nodiscard]] at::Tensor next(const JobContext& job) override {
    ++taken_;
    return first_.defined() ? std::exchange(first_, at::Tensor()) : draw(job);
  }
  [[nodiscard]] at::Tensor sample(std::int64_t rows, const JobContext& job) override {
    if (!first_.defined()) first_ = draw(job);
    return first_.narrow(0, 0, std::min(rows, first_.size(0)));
  }

  [[nodiscard]] SavedState save() const override {
    SavedState state;
    state.values["batches"] = taken_;
    return state;
  }
  void restore(const SavedState& state, const JobContext& job) override {
    const auto batches = state.value<std::int64_t>("batches");
    if (batches < 0 || batches > steps_) {
      throw UserError(ErrorCode::BadFile, SavedState::kWhatFails, "it is of another run");
    }
    startOver();
    while (taken_ < batches) static_cast<void>(next(job));
  }

 private:
  void startOver() {
    stream_.emplace(settings_);
    buffer_.reset();
    rest_ = at::Tensor();
    first_ = at::Tensor();
    taken_ = 0;
    const std::int64_t rows = settings_.tokensPerStep();
    if (!settings_.shuffle) return;
    buffer_.emplace([this](const JobContext& job) { return stream_->next(job); },
                    bufferRows(rows, stream_->width()), steps_ * rows,
                    RandomStream(settings_.compute.seed, "shuffle"));
  }

  at::Tensor draw(const JobContext& job) {
    const std::int64_t wanted = settings_.tokensPerStep();
    if (buffer_) return buffer_->take(wanted, job);
    std::vector<at::Tensor> parts;
    if (rest_.defined()) parts.push_back(std::exchange(rest_, at::Tensor()));
    std::int64_t held = parts.empty() ? 0 : parts.front().size(0);
    for (; held < wanted; held += parts.back().size(0)) parts.push_back(stream_->next(job));
    const at::Tensor all = at::cat(parts);
    if (held > wanted) rest_ = all.narrow(0, wanted, held - wanted).clone();
    return all.narrow(0, 0, wanted);
  }

  TrainSettings settings_;
  std::int64_t steps_, taken_ = 0;
  std::optional<TokenActivations> stream_;
  std::optional<ShuffleBuffer> buffer_;
  at::Tensor rest_, first_;
};

}  // namespace

std::unique_ptr<ActivationSource> openModelActivations(const TrainSettings& settings,
                                                       std::int64_t steps) {
  return std::make_unique<ModelSource>(settings, steps);
}

}  // namespace featurescope

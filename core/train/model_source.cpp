// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/activation_source_torch.h"
#include "core/train/ordered_rows_torch.h"
#include "core/train/prefetch.h"
#include "core/train/shuffle_buffer_size.h"
#include "core/train/shuffle_buffer_torch.h"
#include "core/train/token_activations_torch.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace featurescope {

namespace {

/// Computes activations on a thread of its own, cuts them into batches on the caller's. What has
/// been computed and not yet reached the buffer is no part of the state: it is computed again.
class ModelSource final : public ActivationSource {
 public:
  ModelSource(const TrainSettings& settings, std::int64_t steps, const ReadingAhead& ahead)
      : ahead_(ahead),
        stream_(settings, std::max<std::int64_t>(1, ahead.tokensAtATime / settings.corpus.context)),
        tokensPerStep_(settings.tokensPerStep()),
        buffer_(makeBuffer(settings, steps)) {}

  [[nodiscard]] std::int64_t width() const override { return stream_.width(); }
  [[nodiscard]] Json provenance() const override { return stream_.provenance(); }

  [[nodiscard]] at::Tensor next(const JobContext& job) override {
    return buffer_->take(tokensPerStep_, job);
  }
  [[nodiscard]] at::Tensor sample(std::int64_t rows, const JobContext& job) override {
    return buffer_->sample(rows, job);
  }

  [[nodiscard]] SavedState save() const override {
    SavedState state;
    state.merge("position", position_.save());
    state.merge("buffer", buffer_->save());
    return state;
  }
  void restore(const SavedState& state, const JobContext& /*job*/) override {
    const auto position = StreamPosition::restored(state.part("position"));
    chunks_.reset();
    buffer_->restore(state.part("buffer"));
    stream_.goTo(position);
    position_ = position;
  }

  /// Of one pass over the texts, as far as it was needed.
  [[nodiscard]] Json report() const override {
    Json report = toJson(position_.wholePass.value_or(position_.corpus.report));
    report["passes"] = position_.passes;
    return report;
  }

 private:
  [[nodiscard]] std::unique_ptr<RowBuffer> makeBuffer(const TrainSettings& settings,
                                                      std::int64_t steps) {
    const auto nextRows = [this](const JobContext& job) { return this->nextRows(job); };
    const at::Tensor like =
        at::empty({0, width()}, at::TensorOptions(stream_.device()).dtype(at::kFloat));
    if (!settings.shuffle) return std::make_unique<OrderedRows>(nextRows, like);
    return std::make_unique<ShuffleBuffer>(nextRows, shuffleBufferRows(settings, width()),
                                           steps * tokensPerStep_,
                                           RandomStream(settings.compute.seed, "shuffle"), like);
  }

  at::Tensor nextRows(const JobContext& job) {
    job.throwIfStopped();
    if (!chunks_) {
      chunks_.emplace(
          [this] {
            const c10::NoGradGuard noGradients;
            return stream_.next();
          },
          ahead_.chunks);
    }
    TokenActivations::Chunk chunk = chunks_->next(job.stop);
    if (position_.passes == 1 && chunk.after.passes > 1) {
      job.progress.note(
          fmt::format("the texts hold {} tokens, fewer than the run needs: they start over",
                      chunk.after.wholePass.value().tokens));
    }
    position_ = chunk.after;
    return chunk.rows;
  }

  ReadingAhead ahead_;
  TokenActivations stream_;  ///< used on the other thread once `chunks_` is there
  std::int64_t tokensPerStep_;
  StreamPosition position_;  ///< behind the last chunk in the buffer
  std::unique_ptr<RowBuffer> buffer_;
  std::optional<Prefetch<TokenActivations::Chunk>> chunks_;
};

}  // namespace

std::unique_ptr<ActivationSource> openModelActivations(const TrainSettings& settings,
                                                       std::int64_t steps,
                                                       const ReadingAhead& ahead) {
  return std::make_unique<ModelSource>(settings, steps, ahead);
}

}  // namespace featurescope

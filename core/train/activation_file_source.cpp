// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/lm/device_torch.h"
#include "core/sae/activation_file_torch.h"
#include "core/train/activation_source_torch.h"
#include "core/train/shuffled_order.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <span>
#include <vector>

namespace featurescope {

namespace {

/// The numbers of a file's rows in the order in which training takes them, without end.
class RowOrder {
 public:
  RowOrder(std::int64_t rows, bool shuffled, std::uint64_t seed)
      : order_(at::arange(rows)), shuffled_(shuffled), random_(seed, "shuffle") {
    startPass();
  }

  /// The next `count` row numbers, int64.
  at::Tensor take(std::int64_t count) {
    std::vector<at::Tensor> parts;
    while (count > 0) {
      if (next_ == order_.size(0)) startPass();
      const std::int64_t part = std::min(count, order_.size(0) - next_);
      parts.push_back(order_.narrow(0, next_, part).clone());
      next_ += part;
      count -= part;
    }
    return at::cat(parts);
  }
  /// The first `count` of this pass, or all of them.
  [[nodiscard]] at::Tensor first(std::int64_t count) const {
    return order_.narrow(0, 0, std::min(count, order_.size(0)));
  }

  [[nodiscard]] std::int64_t passes() const { return passes_; }

  [[nodiscard]] SavedState save() const {
    SavedState state;
    state.set("random", passBegin_);
    state.values["rows"] = order_.size(0);
    state.values["passes"] = passes_;
    state.values["row"] = next_;
    return state;
  }

  void restore(const SavedState& state) {
    const RandomStream random = state.randomStream("random");
    const auto passes = state.value<std::int64_t>("passes");
    const auto next = state.value<std::int64_t>("row");
    if (state.value<std::int64_t>("rows") != order_.size(0) || passes < 1 || next < 0 ||
        next > order_.size(0)) {
      throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                      "it does not belong to these activations");
    }
    random_ = random;
    startPass();
    passes_ = passes;
    next_ = next;
  }

 private:
  void startPass() {
    passBegin_ = random_;
    if (shuffled_) {
      auto* numbers = order_.mutable_data_ptr<std::int64_t>();
      const std::span order(numbers, static_cast<std::size_t>(order_.size(0)));
      std::iota(order.begin(), order.end(), 0);
      shuffle(order, random_);
    }
    next_ = 0;
    ++passes_;
  }

  at::Tensor order_;  ///< of this pass
  bool shuffled_;
  RandomStream random_, passBegin_{random_};  ///< now; when this pass began
  std::int64_t next_ = 0, passes_ = 0;
};

class ActivationFileSource final : public ActivationSource {
 public:
  explicit ActivationFileSource(const TrainSettings& settings)
      : file_(settings.activations),
        order_(file_.rows(), settings.shuffle, settings.compute.seed),
        tokensPerStep_(settings.tokensPerStep()),
        device_(resolveDevice(settings.compute)) {}

  [[nodiscard]] std::int64_t width() const override { return file_.width(); }

  [[nodiscard]] at::Tensor next(const JobContext& /*job*/) override {
    return file_.read(order_.take(tokensPerStep_)).to(device_);
  }
  [[nodiscard]] at::Tensor sample(std::int64_t rows, const JobContext& /*job*/) override {
    return file_.read(order_.first(rows)).to(device_);
  }

  [[nodiscard]] SavedState save() const override { return order_.save(); }
  void restore(const SavedState& state, const JobContext& /*job*/) override {
    order_.restore(state);
  }

  [[nodiscard]] Json provenance() const override {
    return {{"activations",
             {{"path", std::filesystem::absolute(file_.path()).lexically_normal().string()},
              {"hash", hashFile(file_.path())},
              {"rows", file_.rows()}}}};
  }

  [[nodiscard]] Json report() const override { return {{"passes", order_.passes()}}; }

 private:
  ActivationFile file_;
  RowOrder order_;
  std::int64_t tokensPerStep_;
  at::Device device_;
};

}  // namespace

std::unique_ptr<ActivationSource> openActivationFile(const TrainSettings& settings) {
  return std::make_unique<ActivationFileSource>(settings);
}

}  // namespace featurescope

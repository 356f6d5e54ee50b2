// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/near_misses_torch.h"

#include <algorithm>
#include <limits>

namespace featurescope {

namespace {

using NearMiss = TopActivations::Activation;

constexpr std::int64_t kChunkElements = 1 << 23;  ///< of z held at a time: 32 MB
constexpr std::int64_t kFewestChunkRows = 64;

/// Keeps the `count` largest values offered, as a heap with the least at the front.
class Largest {
 public:
  void offer(float value, Position position, std::size_t count) {
    const NearMiss candidate{value, position};
    if (heap_.size() == count) {
      if (!TopActivations::isStronger(candidate, heap_.front())) return;
      std::ranges::pop_heap(heap_, TopActivations::isStronger);
      heap_.back() = candidate;
    } else {
      heap_.push_back(candidate);
    }
    std::ranges::push_heap(heap_, TopActivations::isStronger);
    if (heap_.size() == count) least_ = heap_.front().value;
  }
  /// Values below this are never kept.
  [[nodiscard]] float least() const { return least_; }

  [[nodiscard]] std::vector<NearMiss> ranked() && {
    std::ranges::sort_heap(heap_, TopActivations::isStronger);
    return std::move(heap_);
  }

 private:
  std::vector<NearMiss> heap_;
  float least_ = -std::numeric_limits<float>::max();
};

/// z of some of the sampled tokens, [tokens, M], −∞ where a feature is active.
at::Tensor inactiveValues(const Autoencoder& autoencoder,
                          std::span<const TokenSample::Token> tokens) {
  std::vector<at::Tensor> rows;
  rows.reserve(tokens.size());
  for (const auto& token : tokens) rows.push_back(token.x);
  const at::Tensor x = at::stack(rows).to(autoencoder.parameters().W_enc.device());
  at::Tensor z = autoencoder.preActivations(x).to(at::kCPU).contiguous();
  auto* row = z.mutable_data_ptr<float>();
  for (const auto& token : tokens) {
    for (const std::int32_t feature : token.active) {
      row[feature] = -std::numeric_limits<float>::infinity();
    }
    row += z.size(1);
  }
  return z;
}

}  // namespace

std::vector<std::vector<NearMiss>> nearMisses(const Autoencoder& autoencoder,
                                              const TokenSample& sample, std::int64_t count,
                                              const JobContext& job) {
  std::vector<Largest> largest(static_cast<std::size_t>(autoencoder.features()));
  const std::int64_t chunk = std::max(kFewestChunkRows, kChunkElements / autoencoder.features());
  const std::span tokens = sample.tokens();
  for (std::int64_t first = 0; count > 0 && first < std::ssize(tokens); first += chunk) {
    job.throwIfStopped();
    const auto part =
        tokens.subspan(static_cast<std::size_t>(first),
                       static_cast<std::size_t>(std::min(chunk, std::ssize(tokens) - first)));
    const at::Tensor z = inactiveValues(autoencoder, part);
    const auto* row = z.const_data_ptr<float>();
    for (const auto& token : part) {
      for (std::size_t f = 0; f < largest.size(); ++f) {
        if (row[f] >= largest[f].least()) {
          largest[f].offer(row[f], token.position, static_cast<std::size_t>(count));
        }
      }
      row += z.size(1);
    }
  }
  std::vector<std::vector<NearMiss>> result;
  result.reserve(largest.size());
  for (Largest& values : largest) result.push_back(std::move(values).ranked());
  return result;
}

}  // namespace featurescope

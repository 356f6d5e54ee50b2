// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/replacement_figures_torch.h"

#include <algorithm>

namespace featurescope {

namespace {

double sumOf(const at::Tensor& tensor) { return tensor.sum(at::kDouble).item<double>(); }

/// cos(x, x̂) of each row; 0 where either is the zero vector.
at::Tensor cosines(const at::Tensor& x, const at::Tensor& output) {
  const at::Tensor norms = x.norm(2, 1) * output.norm(2, 1);
  return at::where(norms > 0, (x * output).sum(1) / norms, at::zeros_like(norms));
}

}  // namespace

void ReplacementSums::add(const at::Tensor& x, const SiteReplacement& replacement) {
  const at::Tensor wide = x.to(at::kDouble), output = replacement.output.to(at::kDouble);
  tokens_ += x.size(0);
  squaredError_ += sumOf((wide - output).square_());
  squaredDeviation_ += sumOf((wide - mean_).square_());
  cosines_ += sumOf(cosines(wide, output));
  l1_ += replacement.l1;
  const at::Tensor& active = replacement.activeTokens;
  active_ = active_.defined() ? active_ + active : active;
}

ReplacementFigures ReplacementSums::figures() const {
  const auto tokens = static_cast<double>(tokens_);
  const at::Tensor active = active_.to(at::kCPU).contiguous();
  ReplacementFigures figures;
  figures.l0 = sumOf(active) / tokens;
  figures.l1Loss = l1_ / tokens;
  figures.reconstructionLoss = squaredError_ / tokens;
  if (squaredDeviation_ > 0) figures.explainedVariance = 1 - squaredError_ / squaredDeviation_;
  figures.cosine = cosines_ / tokens;
  const auto* counts = active.const_data_ptr<std::int64_t>();
  figures.activeTokens.assign(counts, counts + active.numel());
  return figures;
}

std::int64_t ReplacementFigures::dead() const {
  return std::ranges::count(activeTokens, std::int64_t{0});
}

}  // namespace featurescope

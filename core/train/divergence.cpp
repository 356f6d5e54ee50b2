// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/divergence.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

constexpr double kBeyond = 1000;
constexpr int kPatience = 20;

constexpr const char* kCannotGoOn = "cannot go on watching the loss";

}  // namespace

bool DivergenceWatch::diverges(double reconstructionLoss, double meanSquaredNorm) {
  if (!std::isfinite(reconstructionLoss)) return true;
  const double start = scale_ > 0 ? scale_ : reconstructionLoss;
  const double scale = std::max(start, meanSquaredNorm);
  const int beyond = reconstructionLoss > kBeyond * scale ? stepsBeyond_ + 1 : 0;
  if (beyond >= kPatience) return true;
  scale_ = scale;
  stepsBeyond_ = beyond;
  return false;
}

Json DivergenceWatch::save() const { return {{"scale", scale_}, {"steps_beyond", stepsBeyond_}}; }

void DivergenceWatch::restore(const Json& state) {
  scale_ = member<double>(state, "scale", kCannotGoOn);
  stepsBeyond_ = member<int>(state, "steps_beyond", kCannotGoOn);
}

}  // namespace featurescope

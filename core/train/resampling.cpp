// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/resampling_torch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace featurescope {

namespace {

constexpr std::int64_t kRememberedTokens = 8192;
/// Anthropic's: a new encoder column's norm, as a share of the mean among the alive.
constexpr double kEncoderShare = 0.2;
constexpr std::int64_t kLatelyShare = 10;

/// Uniform in ±bound, float32, drawn row by row.
at::Tensor uniformRows(std::int64_t rows, std::int64_t columns, double bound,
                       RandomStream& random) {
  at::Tensor result = at::empty({rows, columns});
  float* values = result.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    values[i] = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
  }
  return result;
}

at::Tensor unitRows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, 1, /*keepdim=*/true);
}

void setVectors(AutoencoderParameters& parameters, const at::Tensor& ids,
                const at::Tensor& encoderColumns, const at::Tensor& decoderRows) {
  const at::TensorOptions like = parameters.W_enc.options();
  parameters.W_enc.index_copy_(1, ids, encoderColumns.to(like).t());
  parameters.W_dec.index_copy_(0, ids, decoderRows.to(like));
}

/// Where a feature without a history starts.
void resetPerFeature(AutoencoderParameters& parameters, const at::Tensor& ids,
                     const at::Tensor& dead) {
  for (at::Tensor* bias : {&parameters.b_enc, &parameters.r_mag, &parameters.b_mag}) {
    if (bias->defined()) bias->index_fill_(0, ids, 0);
  }
  const at::Tensor alive = dead.logical_not();
  if (!alive.any().item<bool>()) return;
  for (at::Tensor* threshold : {&parameters.threshold, &parameters.log_threshold}) {
    if (threshold->defined())
      threshold->index_fill_(0, ids, threshold->masked_select(alive).mean());
  }
}

}  // namespace

FeatureResampler::FeatureResampler(const ResamplingSettings& settings, std::int64_t deadWindow,
                                   std::uint64_t seed)
    : settings_(settings), window_(deadWindow), random_(seed, "resample") {}

bool FeatureResampler::isDue(std::int64_t stepsDone) const {
  return settings_.method != Resampling::None && stepsDone % settings_.every == 0;
}

void FeatureResampler::remember(const at::Tensor& x, const at::Tensor& tokenErrors,
                                std::int64_t stepsDoneBefore) {
  if (settings_.method != Resampling::Loss) return;
  const std::int64_t stepsLeft = settings_.every - stepsDoneBefore % settings_.every;
  if ((stepsLeft - 1) * x.size(0) >= kRememberedTokens) return;
  inputs_.push_back(x.clone());
  errors_.push_back(tokenErrors.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true));
}

at::Tensor FeatureResampler::resample(AutoencoderParameters& parameters, const at::Tensor& dead,
                                      std::int64_t stepsDone) {
  at::Tensor ids = dead.nonzero().squeeze(1);
  if (ids.size(0) > 0) {
    if (settings_.method == Resampling::Loss && !inputs_.empty()) {
      renewFromInputs(parameters, ids, dead);
    } else {
      renewAtRandom(parameters, ids);
    }
    resetPerFeature(parameters, ids, dead);
    watched_ = ids;
    watchedSince_ = stepsDone;
  }
  inputs_.clear();
  errors_.clear();
  return ids;
}

void FeatureResampler::renewAtRandom(AutoencoderParameters& parameters, const at::Tensor& ids) {
  const std::int64_t width = parameters.width();
  const auto bound = [](std::int64_t fanIn) { return std::sqrt(6.0 / static_cast<double>(fanIn)); };
  const at::Tensor encoder = uniformRows(ids.size(0), width, bound(parameters.features()), random_);
  const at::Tensor decoder = uniformRows(ids.size(0), width, bound(width), random_);
  setVectors(parameters, ids, encoder, unitRows(decoder));
}

void FeatureResampler::renewFromInputs(AutoencoderParameters& parameters, const at::Tensor& ids,
                                       const at::Tensor& dead) {
  const at::Tensor directions = at::cat(inputs_).sub_(parameters.b_dec);
  // An input at b_dec has no direction.
  const at::Tensor errors = at::cat(errors_).masked_fill_(directions.eq(0).all(1), 0);
  const at::Tensor squares = errors.to(at::kCPU, at::kDouble).square();
  const double* first = squares.const_data_ptr<double>();
  const std::vector<double> weights(first, first + squares.numel());
  const std::vector<std::int64_t> drawn = drawByWeight(weights, ids.size(0), random_);
  const at::Tensor picks = at::tensor(drawn, ids.options());

  const at::Tensor alive = dead.logical_not();
  const at::Tensor norms = at::linalg_vector_norm(parameters.W_enc, 2, 0);
  const at::Tensor meanNorm =
      (alive.any().item<bool>() ? norms.masked_select(alive) : norms).mean();
  const at::Tensor rows = unitRows(directions.index_select(0, picks));
  setVectors(parameters, ids, rows * (kEncoderShare * meanNorm), rows);
}

std::optional<ResamplingOutcome> FeatureResampler::takeOutcome(const at::Tensor& lastActive,
                                                               std::int64_t stepsDone) {
  const std::int64_t window = std::min(window_, settings_.every);
  if (!watched_.defined() || stepsDone < watchedSince_ + window) return std::nullopt;
  const at::Tensor last = lastActive.index_select(0, watched_);
  const auto activeAfter = [&](std::int64_t step) {
    return last.gt(step).sum().item<std::int64_t>();
  };
  const ResamplingOutcome outcome{
      .resampledAfter = watchedSince_,
      .window = window,
      .features = watched_.size(0),
      .fired = activeAfter(watchedSince_),
      .firedLately = activeAfter(stepsDone - (window + kLatelyShare - 1) / kLatelyShare)};
  watched_.reset();
  return outcome;
}

SavedState FeatureResampler::save() const {
  SavedState state;
  state.set("random", random_);
  state.values["watched_since"] = watchedSince_;
  state.values["remembers"] = !inputs_.empty();
  state.values["watches"] = watched_.defined();
  if (!inputs_.empty()) {
    state.tensors.emplace("inputs", at::cat(inputs_));
    state.tensors.emplace("errors", at::cat(errors_));
  }
  if (watched_.defined()) state.tensors.emplace("watched", watched_);
  return state;
}

void FeatureResampler::restore(const SavedState& state, const AutoencoderParameters& parameters) {
  const at::Device device = parameters.W_enc.device();
  random_ = state.randomStream("random");
  watchedSince_ = state.value<std::int64_t>("watched_since");
  inputs_.clear();
  errors_.clear();
  watched_.reset();
  if (state.value<bool>("remembers")) {
    inputs_.push_back(
        state.tensor("inputs", parameters.W_enc.scalar_type(), {parameters.width()}).to(device));
    errors_.push_back(state.tensor("errors", at::kFloat).to(device));
    if (errors_.back().size(0) != inputs_.back().size(0)) {
      throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                      "it has not as many errors as inputs");
    }
  }
  if (!state.value<bool>("watches")) return;
  watched_ = state.tensor("watched", at::kLong).to(device);
  if (watched_.numel() > 0 && (watched_.min().item<std::int64_t>() < 0 ||
                               watched_.max().item<std::int64_t>() >= parameters.features())) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                    "it names a feature that is not there");
  }
}

std::vector<std::int64_t> drawByWeight(const std::vector<double>& weights, std::int64_t count,
                                       RandomStream& random) {
  const bool allZero = std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; });
  // Efraimidis and Spirakis: the order of log(u)/w is that of drawing one after the other.
  std::vector<double> keys;
  keys.reserve(weights.size());
  for (const double weight : weights) {
    const double exponential = -std::log1p(-random.uniform());
    const double divisor = allZero ? 1.0 : weight;
    keys.push_back(divisor > 0 ? exponential / divisor : std::numeric_limits<double>::infinity());
  }
  std::vector<std::int64_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  });
  const auto drawable = static_cast<std::size_t>(
      std::count_if(keys.begin(), keys.end(), [](double key) { return std::isfinite(key); }));
  std::vector<std::int64_t> drawn;
  drawn.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; drawn.size() < static_cast<std::size_t>(count); ++i) {
    drawn.push_back(order[i % drawable]);
  }
  return drawn;
}

}  // namespace featurescope

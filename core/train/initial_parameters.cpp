// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/initial_parameters_torch.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace featurescope {

namespace {

/// A parameter of --init; every error names the file.
at::Tensor readInitial(const TensorFile& file, const char* name,
                       const std::vector<std::int64_t>& shape, at::Device device) {
  const std::string what = "cannot start from " + file.path().string();
  const at::Tensor stored = toTorch(file.tensor(name));
  if (stored.sizes() != at::IntArrayRef(shape) || !stored.is_floating_point()) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("its {} is {}, floats of shape {} are needed", name,
                                shapeText(stored.sizes()), shapeText(shape)));
  }
  at::Tensor value = stored.to(device, at::kFloat, false, /*copy=*/true);
  if (!allFinite(value)) {
    throw UserError(ErrorCode::NotFinite, what,
                    fmt::format("its {} holds a value that is not a finite number", name));
  }
  return value;
}

/// The same matrix with a feature's weights side by side in memory, as sparse steps need them.
at::Tensor byFeature(const at::Tensor& W_enc) { return W_enc.t().contiguous().t(); }

std::int64_t featuresIn(const TensorFile& file, const TrainSettings& settings) {
  const at::Tensor encoder = toTorch(file.tensor("W_enc"));
  const std::int64_t features = encoder.dim() == 2 ? encoder.size(1) : 0;
  if (features == 0 || (settings.features && *settings.features != features)) {
    throw UserError(ErrorCode::ShapeMismatch, "cannot start from " + file.path().string(),
                    fmt::format("its W_enc is {}", shapeText(encoder.sizes())),
                    settings.features ? fmt::format("--features asks for {}", *settings.features)
                                      : "[d, M] is needed");
  }
  return features;
}

/// How the rows of x draw a point towards them, each by 1; rows at the point itself hold it back.
struct Pull {
  at::Tensor direction;  ///< the sum of unit vectors, [d]
  double weight = 0;     ///< Σ 1 / distance
  double held = 0;       ///< rows at the point
  double distance = 0;   ///< Σ distance
};

/// In double, a few rows at a time: where float32 ends, the median of many rows would depend on
/// their order.
Pull pullOfRows(const at::Tensor& x, const at::Tensor& point) {
  constexpr std::int64_t kRows = 1024;
  Pull pull{at::zeros_like(point)};
  for (const at::Tensor& rows : x.split(kRows)) {
    const at::Tensor difference = rows.to(at::kDouble).sub(point);
    const at::Tensor distances = at::linalg_vector_norm(difference, 2, 1);
    const at::Tensor atPoint = distances.eq(0);
    const at::Tensor weights = distances.reciprocal().masked_fill_(atPoint, 0);
    pull.direction += weights.matmul(difference);
    pull.weight += weights.sum().item<double>();
    pull.held += atPoint.sum().item<double>();
    pull.distance += distances.sum().item<double>();
  }
  return pull;
}

}  // namespace

AutoencoderParameters initialParameters(const TrainSettings& settings, std::int64_t width,
                                        at::Device device) {
  if (settings.initial) {
    const TensorFile file = TensorFile::open(*settings.initial);
    const std::int64_t features = featuresIn(file, settings);
    return {byFeature(readInitial(file, "W_enc", {width, features}, device)),
            readInitial(file, "W_dec", {features, width}, device),
            readInitial(file, "b_enc", {features}, device),
            readInitial(file, "b_dec", {width}, device)};
  }
  AutoencoderParameters fresh = randomAutoencoder(
      width, settings.features.value_or(settings.expansion * width), settings.compute.seed);
  return {byFeature(fresh.W_enc.to(device)), fresh.W_dec.to(device), fresh.b_enc.to(device),
          fresh.b_dec.to(device)};
}

at::Tensor startOfDecoderBias(DecoderBias start, const at::Tensor& x) {
  switch (start) {
    case DecoderBias::Zero:
      break;
    case DecoderBias::Mean:
      return x.mean(0);
    case DecoderBias::Median:
      return geometricMedian(x);
  }
  return at::zeros({x.size(1)}, x.options());
}

at::Tensor geometricMedian(const at::Tensor& x) {
  constexpr int kMostIterations = 300;
  constexpr double kTolerance = 1e-9;
  at::Tensor median = x.mean(0, /*keepdim=*/false, at::kDouble);
  for (int i = 0; i < kMostIterations; ++i) {
    const Pull pull = pullOfRows(x, median);
    if (pull.weight == 0) break;  // every row is the same point
    const double strength = pull.direction.norm().item<double>();
    if (strength <= pull.held) break;
    const at::Tensor move = pull.direction * ((1 - pull.held / strength) / pull.weight);
    median += move;
    const double meanDistance = pull.distance / static_cast<double>(x.size(0));
    if (move.norm().item<double>() <= kTolerance * meanDistance) break;
  }
  return median.to(x.scalar_type());
}

double measuredL1Coefficient(const at::Tensor& x, std::int64_t features) {
  constexpr double kBar = 2.5;
  const at::Tensor deviation = x - x.mean(0);
  const double scale = std::sqrt(deviation.square().sum(1).mean(at::kDouble).item<double>());
  return kBar * scale / std::sqrt(static_cast<double>(features));
}

}  // namespace featurescope

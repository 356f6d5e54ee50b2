// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step_costs.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/kernels/screen.h"
#include "core/kernels/sparse_products.h"
#include "core/kernels/vector_target.h"
#include "core/lm/compute.h"
#include "core/lm/linear_torch.h"
#include "core/sae/views_torch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// Enough rows to keep every core busy and reuse what the caches hold.
constexpr std::int64_t kRows = 256;
/// Of the measured code: one active feature in so many.
constexpr std::int64_t kEvery = 32;
constexpr int kRepetitions = 3;
/// A screen passes entries that turn out not to be active: half as many again.
constexpr double kCandidates = 1.5;
/// Thresholds are kept to two digits: a measurement is not better.
constexpr double kDigits = 100;

double bestSeconds(const std::function<void()>& work) {
  work();
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRepetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// By feature, each active on every kEvery-th row from another one on.
SparseMatrix regularCode(std::int64_t features) {
  SparseMatrix code;
  code.columns = kRows;
  for (std::int64_t m = 0; m < features; ++m) {
    for (std::int64_t t = m % kEvery; t < kRows; t += kEvery) {
      code.indices.push_back(static_cast<std::int32_t>(t));
      code.values.push_back(1);
    }
    code.indptr.push_back(static_cast<std::int64_t>(code.indices.size()));
  }
  return code;
}

/// What the measurement depends on; the file's name.
std::string keyOf(std::int64_t width, std::int64_t features) {
  return fmt::format("{} · {} · {} threads · {} · LibTorch {} · featurescope {} · {} → {}",
                     processorName(), nameOf(vectorTarget()), at::get_num_threads(),
                     floatProductLibrary(), torchVersion(), programVersion(), width, features);
}

Json toJson(const StepThresholds& thresholds, const std::string& key) {
  return {{"key", key},
          {"sparse_below", thresholds.sparseBelow},
          {"screen_below", thresholds.screenBelow}};
}

/// Nothing where the file is missing, damaged, or another measurement's.
std::optional<StepThresholds> readThresholds(const fs::path& file, const std::string& key) {
  try {
    const Json json = readJson(file);
    const std::string what = "cannot use " + file.string();
    StepThresholds thresholds{member<double>(json, "sparse_below", what),
                              member<double>(json, "screen_below", what)};
    if (member<std::string>(json, "key", what) == key) return thresholds;
  } catch (const UserError&) {
    return std::nullopt;
  }
  return std::nullopt;
}

/// Puts the thresholds where others may have just put theirs: the first stay.
void publish(const fs::path& folder, const fs::path& file, const Json& json) {
  const fs::path mine = file.string() + "." + std::to_string(getpid());
  std::error_code error;
  fs::create_directories(folder, error);
  writeJson(mine, json);
  fs::create_hard_link(mine, file, error);
  fs::remove(mine, error);
}

double rounded(double share) { return std::round(share * kDigits) / kDigits; }

}  // namespace

StepThresholds thresholdsOf(const ProductCosts& costs) {
  const double sparse = 4 * costs.dense / (3 * costs.sparse + costs.sampled);
  const double saved = costs.rounded > 0 ? costs.dense - costs.rounded : 0;
  const double screen = saved / (kCandidates * costs.sampled);
  const double sparseBelow = rounded(std::clamp(sparse, 0.01, 0.5));
  return {sparseBelow, rounded(std::clamp(screen, 0.0, sparseBelow))};
}

ProductCosts measureProductCosts(std::int64_t width, std::int64_t features) {
  const c10::NoGradGuard noGradients;
  const at::Tensor x = at::rand({kRows, width}), weights = at::rand({features, width});
  const SparseMatrix code = regularCode(features);
  at::Tensor product = at::empty({kRows, features}), summed = at::empty({features, width});
  std::vector<float> sampled(code.values.size());
  const std::vector<float> offsets(static_cast<std::size_t>(features), 0.0F);
  const double all = static_cast<double>(kRows * features) * static_cast<double>(width);
  const double few = static_cast<double>(code.nonZeros()) * static_cast<double>(width);
  ProductCosts costs;
  costs.dense = bestSeconds([&] { multiplyInto(product, x, weights.t()); }) / all;
  costs.sparse = bestSeconds([&] { multiply(code, viewOf(x), {}, viewOf(summed)); }) / few;
  costs.sampled =
      bestSeconds([&] { sampledProducts(code, viewOf(weights), viewOf(x), offsets, sampled); }) /
      few;
  if (multipliesBfloat16()) {
    const at::Tensor roundedX = x.to(at::kBFloat16), roundedWeights = weights.to(at::kBFloat16);
    at::Tensor roundedProduct = at::empty_like(product, at::kBFloat16);
    costs.rounded =
        bestSeconds([&] { at::mm_out(roundedProduct, roundedX, roundedWeights.t()); }) / all;
  }
  return costs;
}

StepThresholds keptThresholds(const fs::path& folder, std::int64_t width, std::int64_t features,
                              const std::function<ProductCosts()>& measure) {
  const std::string key = keyOf(width, features);
  Sha256 hash;
  hash.add(key);
  const fs::path file = folder / ("step-" + hash.finish().substr(7, 16) + ".json");
  if (const auto kept = readThresholds(file, key)) return *kept;
  try {
    std::error_code error;
    fs::remove(file, error);  // it is damaged, or not there
    publish(folder, file, toJson(thresholdsOf(measure()), key));
  } catch (const UserError&) {
    return {};
  }
  return readThresholds(file, key).value_or(StepThresholds{});
}

StepThresholds stepThresholds(std::int64_t width, std::int64_t features) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache != '\0') {
    folder = cache;
  } else if (home != nullptr && *home != '\0') {
    folder = fs::path(home) / ".cache";
  } else {
    return {};
  }
  return keptThresholds(folder / "featurescope", width, features,
                        [&] { return measureProductCosts(width, features); });
}

}  // namespace featurescope

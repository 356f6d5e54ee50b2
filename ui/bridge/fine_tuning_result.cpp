// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/fine_tuning_result.h"

#include "core/analysis/fine_tuning_run.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/sae/checkpoint.h"
#include "core/sae/feature_scales.h"
#include "core/tensorfile/tensor_file.h"

#include <algorithm>
#include <numeric>

namespace featurescope {

namespace {

double untouchedScaleOf(const std::filesystem::path& run) {
  const Json description = readJson(run / "run.json");
  const auto result = description.find("result");
  if (result == description.end() || !result->is_object()) return 1;
  return memberOr<double>(*result, "untouched_scale", 1, "cannot read " + run.string());
}

/// Empty where the SAE is not found.
std::string saeHashOf(const std::filesystem::path& run) {
  try {
    const FineTuningRun tuned = FineTuningRun::load(run);
    return tuned.sae ? hashCheckpoint(inspectCheckpoint(*tuned.sae)) : std::string();
  } catch (const UserError&) {
    return {};
  }
}

}  // namespace

FineTuningResult readFineTuningResult(const std::filesystem::path& run) {
  return guarded("cannot read what was fine-tuned", [&] {
    const auto file = FeatureScales::fileOf(run);
    if (!std::filesystem::exists(file)) {
      throw UserError(ErrorCode::NotFound, "cannot show the scales of " + run.string(),
                      "the run has no scales.safetensors yet", "they are written at its end");
    }
    const TensorFile tensors = TensorFile::open(file);
    const auto c = tensors.entries().find("c");
    const bool whole = c != tensors.entries().end() && c->second.shape.size() == 1;
    const FeatureScales scales = FeatureScales::load(run, whole ? c->second.shape[0] : 0);
    return FineTuningResult{.run = run,
                            .scale = {scales.scale.begin(), scales.scale.end()},
                            .bias = {scales.bias.begin(), scales.bias.end()},
                            .untouchedScale = untouchedScaleOf(run),
                            .saeHash = saeHashOf(run),
                            .scalesHash = hashFile(file)};
  });
}

std::vector<std::size_t> mostChanged(const FineTuningResult& result, bool enhanced,
                                     std::size_t count) {
  std::vector<std::size_t> features(result.scale.size());
  std::iota(features.begin(), features.end(), std::size_t{0});
  const double sign = enhanced ? 1 : -1;
  const auto change = [&](std::size_t feature) {
    return sign * (result.scale[feature] - result.untouchedScale);
  };
  std::ranges::stable_sort(features,
                           [&](std::size_t a, std::size_t b) { return change(a) > change(b); });
  std::erase_if(features, [&](std::size_t feature) { return !(change(feature) > 0); });
  if (features.size() > count) features.resize(count);
  return features;
}

}  // namespace featurescope

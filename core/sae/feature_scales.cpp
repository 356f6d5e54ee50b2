// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/feature_scales.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_file.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>

namespace featurescope {

namespace {

std::vector<float> readVector(const TensorFile& file, const char* name, std::int64_t features) {
  const std::string what = "cannot read " + file.path().string();
  const Tensor tensor = file.tensor(name);
  if (tensor.dtype != DType::F32 || tensor.shape.size() != 1) {
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("its {} is {} {}, not a vector of F32", name,
                                featurescope::name(tensor.dtype), tensor.shapeText()),
                    "choose the folder of a finished finetune run");
  }
  if (tensor.elements() != features) {
    throw UserError(
        ErrorCode::ShapeMismatch, what,
        fmt::format("it fine-tunes {} features, the SAE has {}", tensor.elements(), features),
        "choose the SAE it was fine-tuned with");
  }
  std::vector<float> values(static_cast<std::size_t>(features));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  for (const float value : values) {
    if (!std::isfinite(value)) {
      throw UserError(ErrorCode::NotFinite, what,
                      fmt::format("its {} holds a value that is not a finite number", name),
                      "the fine-tuning diverged: repeat it with a smaller --lr");
    }
  }
  return values;
}

/// A view of `values`, which must live as long as it.
NamedTensor namedVector(const char* name, const std::vector<float>& values) {
  Tensor tensor;
  tensor.dtype = DType::F32;
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.bytes = std::as_bytes(std::span(values));
  return {name, std::move(tensor)};
}

}  // namespace

void FeatureScales::save(const std::filesystem::path& run) const {
  writeSafetensors(fileOf(run), {namedVector("c", scale), namedVector("d", bias)});
  static const std::array<std::string, 3> kColumns{"feature", "scale", "bias"};
  std::string csv = csvRow(kColumns);
  for (std::size_t feature = 0; feature < scale.size(); ++feature) {
    const std::array<std::string, 3> row{std::to_string(feature), shortest(scale[feature]),
                                         shortest(bias[feature])};
    csv += csvRow(row);
  }
  writeFile(run / "scales.csv", csv);
}

std::filesystem::path FeatureScales::fileOf(const std::filesystem::path& run) {
  return run / "scales.safetensors";
}

FeatureScales FeatureScales::load(const std::filesystem::path& run, std::int64_t features) {
  if (!std::filesystem::exists(fileOf(run))) {
    throw UserError(ErrorCode::NotFound, "cannot read the fine-tuning " + run.string(),
                    "it has no scales.safetensors", "choose the folder of a finished finetune run");
  }
  const TensorFile file = TensorFile::open(fileOf(run));
  return {readVector(file, "c", features), readVector(file, "d", features)};
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"
#include "tests/support/test_data.h"

#include <ATen/ATen.h>

#include <string>

namespace featurescope::testing {

/// A tiny model of tests/data/lm with the numbers transformers computes from it (make_golden.py).
struct GoldenModel {
  std::filesystem::path folder;
  TensorFile expected;

  explicit GoldenModel(const std::string& name)
      : folder(ownData("lm") / name), expected(TensorFile::open(folder / "expected.safetensors")) {}

  [[nodiscard]] at::Tensor expect(const std::string& name) const {
    return toTorch(expected.tensor(name)).clone();
  }
  [[nodiscard]] at::Tensor ids() const { return expect("ids"); }
};

/// max |actual − expected| over the largest |expected|.
inline double relativeError(const at::Tensor& actual, const at::Tensor& expected) {
  if (actual.sizes() != expected.sizes()) return 1e30;
  return ((actual - expected).abs().max() / expected.abs().max()).item<double>();
}

/// The agreement asked of float32 arithmetic.
constexpr double kTolerance = 1e-4;

/// Every site of a model, in the order of the pass.
inline std::vector<Site> allSites(const NeoxConfig& config) {
  std::vector<Site> sites;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    for (const auto kind : {SiteKind::MlpPre, SiteKind::MlpOut, SiteKind::Resid}) {
      sites.push_back({Layer{layer}, kind});
    }
  }
  return sites;
}

}  // namespace featurescope::testing

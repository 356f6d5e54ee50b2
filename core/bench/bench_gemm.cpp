// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/bench_kinds.h"
#include "core/lm/linear_torch.h"

#include <ATen/ATen.h>

namespace featurescope {

namespace {

/// Three arrays of this many floats are far more than any cache holds.
constexpr std::int64_t kTriadFloats = 24 << 20;

}  // namespace

std::vector<Throughput> benchGemm(const BenchRequest& request, const JobContext& job) {
  const double flop = 2.0 * static_cast<double>(request.tokens) *
                      static_cast<double>(request.width) * static_cast<double>(request.features);
  const at::Tensor x = at::randn({request.tokens, request.width});
  const at::Tensor weight = at::randn({request.features, request.width});
  const at::Tensor roundedX = x.to(at::kBFloat16), roundedWeight = weight.to(at::kBFloat16);
  at::Tensor product = at::empty({request.tokens, request.features});
  at::Tensor rounded = at::empty_like(product, at::kBFloat16);
  const at::Tensor b = at::ones({kTriadFloats}), c = at::ones({kTriadFloats});
  at::Tensor a = at::empty({kTriadFloats});
  const std::vector<BenchWork> works{
      {"float32", "flop", flop, [&] { at::mm_out(product, x, weight.t()); }},
      {"float32 by the library chosen here", "flop", flop,
       [&] { product = linearLayer(x, weight, {}); }},
      {"bfloat16", "flop", flop, [&] { at::mm_out(rounded, roundedX, roundedWeight.t()); }},
      {"memory triad", "bytes", 3.0 * sizeof(float) * kTriadFloats,
       [&] { at::add_out(a, b, c, 3.0); }}};
  return measure(BenchKind::Gemm, works, request, job);
}

}  // namespace featurescope

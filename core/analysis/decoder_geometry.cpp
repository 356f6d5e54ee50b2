// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/decoder_geometry_torch.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::int64_t kChunkRows = 4096;  // bounds the copy in double

/// Calls `visit(first feature, rows in double on the CPU)` for all rows, chunk by chunk.
template <class Visit>
void forEachChunk(const at::Tensor& decoder, Visit&& visit) {
  for (std::int64_t first = 0; first < decoder.size(0); first += kChunkRows) {
    const std::int64_t rows = std::min(kChunkRows, decoder.size(0) - first);
    visit(first, decoder.narrow(0, first, rows).to(at::kCPU, at::kDouble));
  }
}

/// The mean of the dead rows, undefined when there is none.
at::Tensor meanDeadRow(const at::Tensor& decoder, const std::vector<bool>& dead) {
  const std::int64_t count = std::ranges::count(dead, true);
  if (count == 0) return {};
  at::Tensor sum = at::zeros({decoder.size(1)}, at::kDouble);
  forEachChunk(decoder, [&](std::int64_t first, const at::Tensor& rows) {
    at::Tensor isDead = at::empty({rows.size(0)}, at::kDouble);
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      isDead.data_ptr<double>()[i] = dead[static_cast<std::size_t>(first + i)] ? 1 : 0;
    }
    sum += isDead.matmul(rows);
  });
  return sum / count;
}

}  // namespace

DecoderGeometry decoderGeometry(const at::Tensor& decoder, const std::vector<bool>& dead) {
  DecoderGeometry geometry;
  const at::Tensor mean = meanDeadRow(decoder, dead);
  const double meanNorm = mean.defined() ? mean.norm().item<double>() : 0;
  forEachChunk(decoder, [&](std::int64_t, const at::Tensor& rows) {
    const at::Tensor norms = rows.norm(2, 1).contiguous();
    const at::Tensor products = mean.defined() ? rows.matmul(mean) : at::zeros_like(norms);
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const double norm = norms.const_data_ptr<double>()[i];
      geometry.norms.push_back(norm);
      const bool defined = norm > 0 && meanNorm > 0;
      geometry.cosinesToDead.push_back(
          defined ? std::optional(products.const_data_ptr<double>()[i] / (norm * meanNorm))
                  : std::nullopt);
    }
  });
  return geometry;
}

}  // namespace featurescope

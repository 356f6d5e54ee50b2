// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/sae/views_torch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace featurescope {

namespace {

/// Elements of [tokens, M] held at a time (32 MB in float32), and the fewest rows for which a
/// matrix product is still fast.
constexpr std::int64_t kChunkElements = 1 << 23;
constexpr std::int64_t kFewestChunkRows = 64;

/// Up to this share of candidates, screening costs less than the dense product.
constexpr double kScreenBelow = 0.08;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> valuesOf(const at::Tensor& vector) {
  const at::Tensor values = vector.to(at::kFloat).contiguous();
  const auto* first = values.const_data_ptr<float>();
  return {first, first + values.numel()};
}

/// The least b, from below, such that ReLU(scale · z + bias) > 0 in float32 only where z > −b; +∞
/// where there is none, −∞ where it is never > 0.
float offsetOfScaled(float scale, float bias) {
  if (scale == 0 && bias <= 0) return -kInfinity;
  constexpr float kLeastScale = 0x1p-60F;  // below it products may vanish
  if (!(scale >= kLeastScale)) return kInfinity;
  const float offset = bias / scale;
  // The roundings of scale · z, of z and of the division: a few units of 2⁻²⁴.
  return offset + std::abs(offset) * 0x1p-20F + 0x1p-60F;
}

/// value(y, m) of each entry y of feature m, where it is > 0.
template <class Value>
void appendPositive(const SparseMatrix& byToken, const Value& value, SparseCode& code) {
  for (std::int64_t t = 0; t < byToken.rows(); ++t) {
    for (std::int64_t e = byToken.indptr[t]; e < byToken.indptr[t + 1]; ++e) {
      const std::int32_t m = byToken.indices[e];
      const float f = value(byToken.values[e], static_cast<std::size_t>(m));
      if (!(f > 0)) continue;
      code.indices.push_back(m);
      code.values.push_back(f);
    }
    code.indptr.push_back(std::ssize(code.indices));
  }
}

template <class Element>
std::span<const Element> elementsOf(const at::Tensor& list) {
  return {list.const_data_ptr<Element>(), static_cast<std::size_t>(list.numel())};
}

/// Of a GPU only what is > 0 comes over; nonzero() lists it by token, then by feature.
void appendFromDevice(const at::Tensor& f, SparseCode& code) {
  const at::Tensor isActive = f.gt(0);
  const at::Tensor counts = isActive.sum(1).cpu();
  const at::Tensor features = isActive.nonzero().select(1, 1).to(at::kInt).cpu();
  const at::Tensor values = f.masked_select(isActive).cpu();
  for (const std::int64_t count : elementsOf<std::int64_t>(counts)) {
    code.indptr.push_back(code.indptr.back() + count);
  }
  const std::span<const std::int32_t> indices = elementsOf<std::int32_t>(features);
  const std::span<const float> active = elementsOf<float>(values);
  code.indices.insert(code.indices.end(), indices.begin(), indices.end());
  code.values.insert(code.values.end(), active.begin(), active.end());
}

void appendDense(const at::Tensor& f, SparseCode& code) {
  if (!f.device().is_cpu()) return appendFromDevice(f, code);
  const at::Tensor values = f.contiguous();
  appendActive(viewOf(values), code);
}

}  // namespace

SparseEncoder::SparseEncoder(const Autoencoder& autoencoder, std::optional<Scaling> scaling)
    : autoencoder_(autoencoder),
      scaling_(std::move(scaling)),
      chunk_(std::max(kFewestChunkRows, kChunkElements / autoencoder.features())) {
  const AutoencoderParameters& parameters = autoencoder.parameters();
  const bool isTopK = autoencoder.info().activation.architecture == Architecture::TopK;
  if (isTopK || !parameters.W_enc.device().is_cpu()) return;
  if (!ScreenedEncoder::pays(autoencoder.width())) return;
  setUpScreening();
}

void SparseEncoder::setUpScreening() {
  const AutoencoderParameters& parameters = autoencoder_.parameters();
  biases_ = valuesOf(parameters.b_enc);
  if (parameters.threshold.defined()) limits_ = valuesOf(parameters.threshold.clamp_min(0));
  if (parameters.r_mag.defined()) {
    scales_ = valuesOf(parameters.r_mag.exp());
    limits_ = valuesOf(parameters.b_mag);
  }
  zeros_.assign(biases_.size(), 0);
  offsets_ = biases_;
  for (std::size_t m = 0; m < offsets_.size(); ++m) {
    if (parameters.threshold.defined()) offsets_[m] -= limits_[m];
    if (!scaling_) continue;
    const float scaled = offsetOfScaled(scaling_->scale[m], scaling_->bias[m]);
    offsets_[m] = std::max(offsets_[m], biases_[m] + scaled);
  }
  columns_ = parameters.W_enc.t().to(at::kFloat).contiguous();
  screened_.emplace(chunk_, autoencoder_.features(), autoencoder_.width());
  screened_->setColumns(viewOf(std::as_const(columns_)));
  screens_ = true;
}

void SparseEncoder::encode(const at::Tensor& x, SparseCode& code, SparseCode* scaled) {
  if (!allFinite(x)) {
    throw UserError(ErrorCode::NotFinite, "cannot encode", "an activation is not a finite number");
  }
  for (SparseCode* empty : {&code, scaled}) {
    if (empty != nullptr && empty->rows() == 0) empty->features = autoencoder_.features();
  }
  for (std::int64_t first = 0; first < x.size(0); first += chunk_) {
    const at::Tensor chunk = x.narrow(0, first, std::min(chunk_, x.size(0) - first));
    const std::int64_t before = code.nonZeros();
    if (!screens_ || !encodeScreened(chunk, code, scaled)) encodeWhole(chunk, code, scaled);
    const auto entries = static_cast<double>(chunk.size(0) * autoencoder_.features());
    screens_ = screened_ && static_cast<double>(code.nonZeros() - before) < kScreenBelow * entries;
  }
}

bool SparseEncoder::encodeScreened(const at::Tensor& x, SparseCode& code, SparseCode* scaled) {
  const at::Tensor input = autoencoder_.centred(x).contiguous();
  const std::int64_t candidates = screened_->screen(input, offsets_);
  const auto entries = static_cast<double>(x.size(0) * autoencoder_.features());
  if (static_cast<double>(candidates) >= 2 * kScreenBelow * entries) return false;
  screened_->products(viewOf(std::as_const(columns_)), input, zeros_, byFeature_);
  transpose(byFeature_, byToken_);
  appendActivated(code);
  if (scaled != nullptr) appendScaled(*scaled);
  return true;
}

void SparseEncoder::appendActivated(SparseCode& code) const {
  switch (autoencoder_.info().activation.architecture) {
    case Architecture::Standard:
    case Architecture::TopK:
      appendPositive(
          byToken_, [&](float y, std::size_t m) { return y + biases_[m]; }, code);
      break;
    case Architecture::BatchTopK:
    case Architecture::JumpRelu:
      appendPositive(
          byToken_,
          [&](float y, std::size_t m) {
            const float z = y + biases_[m];
            return z > limits_[m] ? z : 0;
          },
          code);
      break;
    case Architecture::Gated:
      appendPositive(
          byToken_,
          [&](float y, std::size_t m) {
            return y + biases_[m] > 0 ? y * scales_[m] + limits_[m] : 0;
          },
          code);
      break;
  }
}

void SparseEncoder::appendScaled(SparseCode& code) const {
  const std::span<const float> scale = scaling_->scale, bias = scaling_->bias;
  appendPositive(
      byToken_, [&](float y, std::size_t m) { return (y + biases_[m]) * scale[m] + bias[m]; },
      code);
}

void SparseEncoder::encodeWhole(const at::Tensor& x, SparseCode& code, SparseCode* scaled) {
  at::Tensor y = autoencoder_.products(x);
  if (scaled != nullptr) {
    const at::Tensor c = at::tensor(scaling_->scale, at::kFloat).to(y.device());
    const at::Tensor d = at::tensor(scaling_->bias, at::kFloat).to(y.device());
    appendDense(at::add(y, autoencoder_.parameters().b_enc).mul_(c).add_(d), *scaled);
  }
  appendDense(autoencoder_.activate(std::move(y)), code);
}

}  // namespace featurescope

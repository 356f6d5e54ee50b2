// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/encode_file.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/kernels/sparse_code.h"
#include "core/sae/activation_file_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/sparse_decoder_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

namespace featurescope {

namespace {

/// Rows encoded at a time: enough for a fast product, few enough that stopping is prompt.
constexpr std::int64_t kChunkRows = 512;

/// The sums behind the report, in double: an Σ over a whole file outgrows float.
class Figures {
 public:
  explicit Figures(std::int64_t width) : sum_(at::zeros({width}, at::kDouble)) {}

  void add(const at::Tensor& x, const at::Tensor& reconstruction, std::int64_t active) {
    const at::Tensor wide = x.to(at::kDouble);
    squaredError_ += (wide - reconstruction.to(at::kDouble)).square_().sum().item<double>();
    active_ += active;
    addMoments(wide);
  }

  [[nodiscard]] EncodeReport report() const {
    EncodeReport report;
    report.tokens = tokens_;
    const auto tokens = static_cast<double>(tokens_);
    report.l0 = static_cast<double>(active_) / tokens;
    report.reconstructionLoss = squaredError_ / tokens;
    if (squaredDeviation_ > 0) report.explainedVariance = 1.0 - squaredError_ / squaredDeviation_;
    return report;
  }

 private:
  /// Σ‖x−x̄‖² of the rows so far joined with this chunk's (Chan, Golub and LeVeque's update, which
  /// does not cancel as Σx² − n·x̄² does).
  void addMoments(const at::Tensor& x) {
    const std::int64_t rows = x.size(0);
    const at::Tensor sum = x.sum(0);
    const at::Tensor mean = sum / rows;
    squaredDeviation_ += (x - mean).square_().sum().item<double>();
    if (tokens_ > 0) {
      const double weight = static_cast<double>(tokens_) * static_cast<double>(rows) /
                            static_cast<double>(tokens_ + rows);
      squaredDeviation_ += weight * (sum_ / tokens_ - mean).square_().sum().item<double>();
    }
    sum_ += sum;
    tokens_ += rows;
  }

  at::Tensor sum_;
  std::int64_t tokens_ = 0, active_ = 0;
  double squaredError_ = 0, squaredDeviation_ = 0;
};

/// The output's tensors as they grow.
class EncodedFeatures {
 public:
  EncodedFeatures(std::int64_t rows, std::int64_t features, bool sparse) : sparse_(sparse) {
    code_.features = features;
    if (!sparse) dense_ = at::empty({rows, features});
  }

  /// Keeps the code of the rows from `first`.
  void add(const SparseCode& code, std::int64_t first) {
    if (sparse_) {
      appendRows(code, code_);
    } else {
      dense_.narrow(0, first, code.rows()).copy_(toDense(code));
    }
  }

  [[nodiscard]] std::vector<NamedTensor> named() const {
    if (!sparse_) return {{"features", fromTorch(dense_)}};
    return {{"indptr", tensorOf(DType::I64, code_.indptr)},
            {"indices", tensorOf(DType::I32, code_.indices)},
            {"values", tensorOf(DType::F32, code_.values)}};
  }

 private:
  /// A view; valid as long as this object.
  template <class T>
  static Tensor tensorOf(DType dtype, const std::vector<T>& values) {
    Tensor tensor;
    tensor.dtype = dtype;
    tensor.shape = {static_cast<std::int64_t>(values.size())};
    tensor.bytes = std::as_bytes(std::span(values));
    return tensor;
  }

  bool sparse_;
  at::Tensor dense_;
  SparseCode code_;
};

}  // namespace

EncodeReport encodeFile(const EncodeRequest& request, const JobContext& job) {
  const c10::NoGradGuard noGradients;
  checkOutput(request.out, request.force);
  const Autoencoder autoencoder = Autoencoder::load(request.sae);
  const ActivationFile activations(request.activations, request.tensor);
  activations.checkWidth(autoencoder.width());

  const std::int64_t rows = activations.rows();
  EncodedFeatures features(rows, autoencoder.features(), request.sparse);
  at::Tensor reconstruction = at::empty({rows, autoencoder.width()});
  Figures figures(autoencoder.width());
  SparseEncoder encoder(autoencoder);
  SparseCode code;
  for (std::int64_t first = 0; first < rows; first += kChunkRows) {
    job.throwIfStopped();
    const at::Tensor x = activations.read(first, std::min(kChunkRows, rows - first));
    code.clear();
    encoder.encode(x, code);
    at::Tensor decoded = reconstruction.narrow(0, first, x.size(0));
    decoded.copy_(decode(autoencoder, code, x));
    figures.add(x, decoded, code.nonZeros());
    features.add(code, first);
    job.progress.update({.stage = "encoding",
                         .done = static_cast<std::uint64_t>(first + x.size(0)),
                         .total = static_cast<std::uint64_t>(rows),
                         .unit = "tokens",
                         .detail = {}});
  }

  std::vector<NamedTensor> output = features.named();
  output.push_back({"reconstruction", fromTorch(reconstruction)});
  writeSafetensors(request.out, output);
  return figures.report();
}

}  // namespace featurescope

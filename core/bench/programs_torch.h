// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/index_collectors_torch.h"
#include "core/base/files.h"
#include "core/bench/run_bench.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/train/adam_torch.h"
#include "core/train/sae_step_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace featurescope {

/// An SAE of random weights whose biases leave a share of the features active, and activations that
/// it reads. W_enc lies by feature, as in training.
struct RandomProblem {
  /// Of the activations x [tokens, width].
  RandomProblem(at::Tensor activations, std::int64_t features, double active, std::uint64_t seed);
  /// Of normally distributed ones.
  RandomProblem(std::int64_t tokens, std::int64_t width, std::int64_t features, double active,
                std::uint64_t seed);

  /// The same numbers there.
  [[nodiscard]] RandomProblem on(at::Device device) const;

  at::Tensor x;
  AutoencoderParameters parameters;
};

/// Waits for what a GPU still computes of `result`.
void finish(const at::Tensor& result);

/// The request's model with random weights, on its device and in its arithmetic. Throws
/// UserError{BadUsage} for a shape that is no model's.
[[nodiscard]] LanguageModel randomModel(const BenchRequest& request);

/// The same values in tensors of their own, laid out alike.
[[nodiscard]] AutoencoderParameters copyOf(const AutoencoderParameters& parameters);

/// Our training step: products on the code's support, the screened encoder, one pass of Adam.
class OurProgram {
 public:
  OurProgram(AutoencoderParameters parameters, std::int64_t tokens, double learningRate,
             bool projects, StepProducts products = {});

  /// The loss before the update.
  double step(const at::Tensor& x, double l1Coefficient);
  /// The update alone, by the gradients of the last step.
  void update();
  [[nodiscard]] const AutoencoderParameters& parameters() const { return parameters_; }

 private:
  AutoencoderParameters parameters_;
  SaeStep step_;
  Adam adam_;
  RowConstraint ofDecoder_;
};

/// What an index is collected from: activations and the tokens that they belong to.
struct IndexedStream {
  static constexpr std::int64_t kBatch = 2048;  ///< tokens at a time

  IndexedStream(const RandomProblem& problem, std::int64_t vocabulary);

  template <class Visit>
  void inBatches(const Visit& visit) const {
    for (std::int64_t first = 0; first < x.size(0); first += kBatch) {
      const std::int64_t rows = std::min(kBatch, x.size(0) - first);
      visit(x.narrow(0, first, rows), std::span(tokens).subspan(static_cast<std::size_t>(first),
                                                                static_cast<std::size_t>(rows)));
    }
  }

  Autoencoder autoencoder;
  at::Tensor x;
  std::int64_t vocabulary;
  std::vector<TokenId> tokens;  ///< some far more frequent than others
};

/// Collects all that an index holds of a stream, as the verb `index` does between the model and the
/// file.
class OurIndex {
 public:
  explicit OurIndex(const IndexedStream& stream);

  /// Encodes and collects, from the beginning.
  void build();
  [[nodiscard]] const IndexCollectors& collected() const { return *collectors_; }

 private:
  const IndexedStream& stream_;
  TemporaryFolder folder_;
  SparseEncoder encoder_;
  SparseCode code_;
  std::unique_ptr<IndexCollectors> collectors_;
};

/// What a plain program does with LibTorch: dense f, the running strongest of every feature,
/// counts, sums and maxima.
class DenseIndex {
 public:
  DenseIndex(const IndexedStream& stream, std::int64_t top) : stream_(stream), top_(top) {}

  void build();
  /// [top, M], strongest first.
  [[nodiscard]] const at::Tensor& strongest() const { return strongest_; }
  /// [M]: tokens that activate each feature.
  [[nodiscard]] const at::Tensor& active() const { return active_; }

 private:
  const IndexedStream& stream_;
  std::int64_t top_;
  at::Tensor strongest_, places_, active_, sums_, maxima_;
};

}  // namespace featurescope

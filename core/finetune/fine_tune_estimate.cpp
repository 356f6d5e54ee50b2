// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/fine_tune_estimate.h"

#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/checkpoint.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/memory_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace featurescope {

namespace {

/// Measured on a run with next to no model.
constexpr double kProgram = 250e6;
constexpr double kFloat = sizeof(float);
/// Logits, their softmax and a copy, of a chunk of states (targetGradient).
constexpr double kLossBytes = 3 * (24 << 20);

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

/// Matrices of a model, in values.
struct MatrixSizes {
  double all = 0, largest = 0;

  explicit MatrixSizes(const NeoxConfig& config) {
    const double embedding = product(config.vocabulary, config.width);
    const double attention = product(config.width, config.width);
    const double mlp = product(config.width, config.innerWidth);
    all = (config.tiedEmbeddings ? 1 : 2) * embedding +
          static_cast<double>(config.layers) * (4 * attention + 2 * mlp);
    largest = std::max({embedding, 3 * attention, mlp});
  }
};

/// Whether the file holds any matrix in another type than `dtype`.
bool needsConversion(const TensorFile& weights, at::ScalarType dtype) {
  return std::ranges::any_of(weights.entries(), [dtype](const auto& entry) {
    return entry.second.shape.size() == 2 && scalarType(entry.second.dtype) != dtype;
  });
}

/// How long records are, from the first few hundred.
struct RecordLengths {
  double longest = 0, mean = 0;

  explicit RecordLengths(const FineTuneSettings& settings) {
    constexpr std::int64_t kRecords = 256;
    const Tokenizer tokenizer = Tokenizer::load(settings.model);
    Corpus corpus(tokenizer, settings.corpus);
    TokenBatch batch;
    if (!corpus.next(batch, kRecords)) return;
    longest = static_cast<double>(*std::ranges::max_element(batch.lengths));
    mean = static_cast<double>(batch.counted()) / static_cast<double>(batch.rows());
  }
};

/// Values a token that the way back through one block needs: its input, two norms, queries, keys
/// and values before and after rotation, what attention mixed, and the MLP before and after its
/// nonlinearity.
double valuesOfBlock(const NeoxConfig& config) {
  return product(12, config.width) + product(2, config.innerWidth);
}

double stepBytes(const NeoxConfig& config, const FineTuneSettings& settings, double tokens,
                 double features, double bytesOfValue) {
  const auto blocks = static_cast<double>(config.layers - settings.site.layer.value);
  const double ofBlock = valuesOfBlock(config);
  const double kept = settings.checkpointActivations
                          ? ofBlock + blocks * static_cast<double>(config.width)
                          : blocks * ofBlock;
  constexpr double kCodeArrays = 3;  // z, c ⊙ z + d, and one in the making
  return tokens * (kept * bytesOfValue + kCodeArrays * features * kFloat) + kLossBytes;
}

double checkpointsKept(const FineTuneSettings& settings) {
  const double made = std::ceil(static_cast<double>(settings.steps()) /
                                static_cast<double>(settings.checkpointEvery));
  return settings.keepCheckpoints == 0
             ? made
             : std::min(made, static_cast<double>(settings.keepCheckpoints));
}

std::array<MemoryPart, 5> partsOf(const FineTuneEstimate& estimate) {
  return {{{"language model", estimate.languageModel},
           {"SAE", estimate.autoencoder},
           {"the model's states at the site", estimate.states},
           {"a step", estimate.step},
           {"program", estimate.program}}};
}

}  // namespace

double FineTuneEstimate::total() const { return totalBytes(partsOf(*this)); }

FineTuneEstimate estimateFineTuning(const FineTuneSettings& settings,
                                    std::optional<std::uint64_t> available) {
  const ModelFolder folder = ModelFolder::open(settings.model);
  const NeoxConfig& config = folder.config;
  const CheckpointInfo sae = inspectCheckpoint(settings.sae);
  const at::Device device = resolveDevice(settings.compute);
  const at::ScalarType dtype = resolveDtype(settings.compute, device);
  const auto bytesOfValue = static_cast<double>(c10::elementSize(dtype));
  const MatrixSizes matrices(config);
  const RecordLengths lengths(settings);
  const auto features = static_cast<double>(sae.features);

  FineTuneEstimate estimate;
  estimate.program = kProgram;
  estimate.autoencoder = 2 * product(sae.width, sae.features) * kFloat;
  const auto batch = static_cast<double>(settings.batch);
  estimate.step = stepBytes(config, settings, batch * lengths.longest, features, bytesOfValue);
  const std::int64_t width =
      settings.site.width(config) + (settings.site.kind == SiteKind::Resid ? 0 : config.width);
  const double states = batch * static_cast<double>(settings.stepsPerEpoch) * lengths.mean *
                        static_cast<double>(width) * bytesOfValue;
  estimate.states = std::min(states, static_cast<double>(settings.cacheBytes));
  constexpr double kVectorsOfState =
      5;  // c, d, Adam's moments, and c and d once more as the result
  estimate.disk = states - estimate.states +
                  (1 + checkpointsKept(settings)) * kVectorsOfState * features * kFloat;

  const double converted = matrices.all * bytesOfValue;
  const bool asStored = device.is_cpu() && !needsConversion(folder.weights, dtype);
  const double rest = estimate.total();
  estimate.streamsWeights =
      settings.streamWeights || (device.is_cpu() && !asStored && available &&
                                 converted + rest > static_cast<double>(*available));
  if (asStored || estimate.streamsWeights) {
    for (const auto& [name, entry] : folder.weights.entries()) {
      if (entry.shape.size() != 2) continue;
      estimate.mapped += product(entry.shape[0], entry.shape[1]) *
                         static_cast<double>(c10::elementSize(scalarType(entry.dtype)));
    }
  }
  if (!asStored) {
    // The loss holds embed_out converted while blocks' matrices come and go.
    estimate.languageModel =
        estimate.streamsWeights ? 2 * matrices.largest * bytesOfValue : converted;
  }
  return estimate;
}

std::string describe(const FineTuneEstimate& estimate) {
  std::string text = describe(partsOf(estimate));
  if (estimate.mapped >= kLeastBytesTold) {
    text += fmt::format("; {} GB of the model's file are mapped", gigabytes(estimate.mapped));
    if (estimate.streamsWeights) text += " and converted a matrix at a time";
  }
  if (estimate.disk >= kLeastBytesTold) {
    text += fmt::format("; {} GB of disk", gigabytes(estimate.disk));
  }
  return text;
}

void checkFits(const FineTuneEstimate& estimate, std::optional<std::uint64_t> available) {
  checkFits("cannot fine-tune", describe(estimate), estimate.total(), available,
            estimate.states > estimate.step
                ? "lower --cache-megabytes, or close other programs"
                : "give --checkpoint-activations or a smaller --batch, or close other programs");
}

}  // namespace featurescope

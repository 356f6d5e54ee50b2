// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/memory_estimate.h"

#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/activation_file_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/train/available_memory.h"
#include "core/train/memory_parts.h"
#include "core/train/shuffle_buffer_size.h"
#include "core/train/train_settings.h"

#include <algorithm>
#include <array>

namespace featurescope {

namespace {

/// Measured on a run that trains next to nothing.
constexpr double kProgram = 250e6;
constexpr double kFloat = sizeof(float);
constexpr double kBfloat16 = 2;
/// Arrays [tokens, d]: the batch, the next one, x − b_dec and the residual.
constexpr double kInputArrays = 4;

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

std::int64_t featuresOf(const TrainSettings& settings, std::int64_t width) {
  if (!settings.initial) return settings.features.value_or(settings.expansion * width);
  const TensorFile file = TensorFile::open(*settings.initial);
  const auto encoder = file.entries().find("W_enc");
  if (encoder == file.entries().end() || encoder->second.shape.size() != 2) return 0;
  return encoder->second.shape[1];
}

double bytesOfWeight(const TrainSettings& settings) {
  return settings.compute.dtype == "bfloat16" || settings.compute.dtype == "float16" ? 2 : kFloat;
}

/// Arrays [tokens, M] that a step holds: features, their gradients, and what an architecture keeps
/// besides (pre-activations, a choice among them, a gate's).
double featureArrays(Architecture architecture) {
  switch (architecture) {
    case Architecture::Standard:
      return 2;
    case Architecture::TopK:
    case Architecture::BatchTopK:
    case Architecture::JumpRelu:
      return 4;
    case Architecture::Gated:
      return 5;
  }
  return 5;
}

/// The screen of the encoder: W_enc, the batch and their product in bfloat16.
double screenBytes(const TrainSettings& settings, std::int64_t width, std::int64_t features) {
  if (settings.architecture != Architecture::Standard) return 0;
  const std::int64_t tokens = settings.tokensPerStep();
  return kBfloat16 * (product(width, features) + product(tokens, width + features));
}

/// One forward pass's arrays at their widest: the residual stream, attention's scores, the MLP.
double passBytes(const NeoxConfig& config, const TrainSettings& settings) {
  const double tokens = product(settings.batch, settings.corpus.context);
  const double perToken = product(6, config.width) + product(2, config.innerWidth) +
                          product(2 * config.heads, settings.corpus.context);
  return tokens * perToken * kFloat;
}

double modelBytes(const NeoxConfig& config, const TrainSettings& settings) {
  const double embedding = product(config.vocabulary, config.width);
  const double block =
      4 * product(config.width, config.width) + 2 * product(config.width, config.innerWidth);
  const auto blocks = static_cast<double>(settings.site.layer.value + 1);
  double weights = embedding + blocks * block;
  double logits = 0;
  if (!settings.heldOut.empty()) {
    weights += 2 * embedding + static_cast<double>(config.layers) * block;
    logits = product(settings.corpus.context, config.vocabulary) * kFloat * 2;
  }
  return weights * bytesOfWeight(settings) + passBytes(config, settings) + logits;
}

std::array<MemoryPart, 8> partsOf(const MemoryEstimate& estimate) {
  return {{{"weights", estimate.weights},
           {"gradients", estimate.gradients},
           {"Adam's moments", estimate.moments},
           {"a step", estimate.step},
           {"a checkpoint", estimate.checkpoint},
           {"shuffle buffer", estimate.shuffleBuffer},
           {"language model", estimate.languageModel},
           {"program", estimate.program}}};
}

}  // namespace

double MemoryEstimate::total() const { return totalBytes(partsOf(*this)); }

MemoryEstimate estimateMemory(const TrainSettings& settings) {
  MemoryEstimate estimate;
  estimate.program = kProgram;
  std::int64_t width = 0;
  if (settings.model.empty()) {
    width = ActivationFile(settings.activations).width();
  } else {
    const NeoxConfig config = ModelFolder::open(settings.model).config;
    width = settings.site.width(config);
    estimate.languageModel = modelBytes(config, settings);
    if (settings.shuffle) {
      const double rows = std::min(static_cast<double>(shuffleBufferRows(settings, width)),
                                   product(stepsOf(settings), settings.tokensPerStep()));
      estimate.shuffleBuffer = rows * static_cast<double>(width) * kFloat;
    }
  }
  const std::int64_t features = featuresOf(settings, width);
  const auto tokens = static_cast<double>(settings.tokensPerStep());
  estimate.weights = (2 * product(width, features) + product(3, features)) * kFloat;
  estimate.gradients = estimate.weights;
  estimate.moments = 2 * estimate.weights;
  estimate.step = tokens * kFloat *
                      (featureArrays(settings.architecture) * static_cast<double>(features) +
                       kInputArrays * static_cast<double>(width)) +
                  screenBytes(settings, width, features);
  // W_enc and its moments lie by feature while training and by input in files.
  estimate.checkpoint = 3 * product(width, features) * kFloat;
  return estimate;
}

std::string describe(const MemoryEstimate& estimate) { return describe(partsOf(estimate)); }

void checkFits(const MemoryEstimate& estimate, std::optional<std::uint64_t> available) {
  checkFits("cannot train", describe(estimate), estimate.total(), available,
            estimate.shuffleBuffer > estimate.moments
                ? "lower --shuffle-buffer, or close other programs"
                : "lower --features, --expansion or --batch, or close other programs");
}

void checkMemory(const TrainSettings& settings, ProgressSink& progress) {
  const MemoryEstimate estimate = estimateMemory(settings);
  progress.note("needs about " + describe(estimate));
  if (resolveDevice(settings.compute).is_cpu()) checkFits(estimate, availableMemory());
}

}  // namespace featurescope

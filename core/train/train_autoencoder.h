// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"
#include "core/sae/architecture.h"
#include "core/text/corpus.h"
#include "core/train/train_choices.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// Everything that decides a training run; defaults are the paper's ("How We Train our Sparse
/// Autoencoder"). Exactly one of (model and texts) and activations, and of steps and tokens, is
/// set.
struct TrainSettings {
  std::filesystem::path model;
  Site site;
  CorpusOptions corpus;               ///< `context` is also the tokens of a row
  std::filesystem::path activations;  ///< safetensors with `activations` [N, d] instead of a model
  std::filesystem::path out;          ///< the run folder
  bool force = false;
  bool shuffle = true;
  std::optional<std::int64_t> shuffleBuffer;  ///< tokens; nothing: 65,536, or what fits into 1 GB
  Normalisation normalisation = Normalisation::None;

  std::int64_t expansion = 4;
  std::optional<std::int64_t> features;  ///< M; overrides expansion
  std::int64_t batch = 8;                ///< contexts a step; a step has batch · context tokens
  std::optional<std::int64_t> steps;
  std::optional<std::int64_t> tokens;  ///< rounded down to whole steps, at least one

  double learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  std::int64_t learningRateWarmup = 0;            ///< steps over which it rises from 0
  std::int64_t learningRateDecay = 0;             ///< steps over which it falls to 0 at the end
  std::optional<double> clipGradient;             ///< the largest norm of all gradients together
  bool projectDecoderGradient = false;            ///< --decoder-gradient project
  std::optional<std::filesystem::path> initial;   ///< --init: W_enc W_dec b_enc b_dec as they are
  DecoderBias decoderBias = DecoderBias::Median;  ///< where b_dec starts without --init

  Architecture architecture = Architecture::Standard;
  std::optional<std::int64_t> k;            ///< of topk and batchtopk; nothing: the target l0
  double auxiliaryCoefficient = 0.03125;    ///< of topk's and batchtopk's loss of dead features
  std::optional<double> jumpReluBandwidth;  ///< nothing: measured on the first batch

  std::optional<double> l1Coefficient;  ///< nothing: measured on the first batch, said in run.json
  L1Mode l1Mode = L1Mode::UntilTarget;
  double targetSparsity = 0.01;            ///< of M
  std::optional<double> targetL0;          ///< overrides targetSparsity
  std::int64_t l1AdjustAfter = 5'000'000;  ///< tokens
  std::int64_t l1Warmup = 0;               ///< steps over which it rises from 0

  /// Below which share of active features products are sparse, and the encoder is screened;
  /// nothing: measured on this machine (step_costs.h), said in run.json. They decide the order of
  /// float32's sums.
  std::optional<double> sparseBelow, screenBelow;

  Resampling resampling = Resampling::Kaiming;
  std::int64_t resampleEvery = 10'000;  ///< steps
  std::int64_t deadWindow = 5'000;      ///< steps

  std::int64_t checkpointEvery = 20'000;  ///< steps
  std::int64_t keepCheckpoints = 2;       ///< the newest; 0: all
  std::int64_t logEvery = 10;             ///< steps

  std::vector<std::filesystem::path> heldOut;  ///< texts to measure the SAE on while it trains
  std::int64_t evaluateEvery = 5'000;          ///< steps
  std::int64_t heldOutTokens = 65'536;         ///< at most so many of them
  ComputeOptions compute;

  [[nodiscard]] std::int64_t tokensPerStep() const { return batch * corpus.context; }
  [[nodiscard]] double targetL0Of(std::int64_t featureCount) const {
    return targetL0.value_or(targetSparsity * static_cast<double>(featureCount));
  }
};

/// Figures of one step, measured on its batch before its update: a row of metrics.csv.
struct TrainMetrics {
  std::int64_t step = 0, tokens = 0;
  double loss = 0, reconstructionLoss = 0, l1Loss = 0, l1Coefficient = 0, l0 = 0;
  std::int64_t dead = 0;
  double learningRate = 0, tokensPerSecond = 0;
};

/// The verb `train`: writes the run folder of the contract. Runs on the calling thread and returns
/// the last step's figures. Throws UserError; Interrupted after the state was saved, so that
/// resumeTraining goes on from it.
TrainMetrics trainAutoencoder(const TrainSettings& settings, const JobContext& job);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// What can be measured; the contract's names.
enum class BenchKind { Gemm, Tokenize, Forward, Train, Index, FineTune };

[[nodiscard]] std::string_view nameOf(BenchKind kind);
/// All of them, in the order that they are measured.
[[nodiscard]] const std::vector<BenchKind>& benchKinds();

/// What `bench` measures, at which shapes. The defaults are the paper's batch and Pythia-70m.
struct BenchRequest {
  std::vector<BenchKind> kinds = benchKinds();

  std::int64_t width = 512;      ///< d
  std::int64_t features = 2048;  ///< M
  std::int64_t tokens = 1024;    ///< of a step's batch
  double active = 0.01;          ///< the share of a token's features that are active
  bool projects = false;         ///< train: with the decoder's gradient projected
  bool againstDense = false;     ///< train, index, finetune: LibTorch's dense programs beside ours
  std::int64_t comparedSteps =
      20;  ///< train, finetune: steps whose losses are compared with the dense path's
  std::int64_t indexTokens = 16'384;

  std::int64_t layers = 6, heads = 8, innerWidth = 2048, vocabulary = 50304;  ///< the model's
  std::int64_t batch = 8, context = 128;                                      ///< forward's
  std::int64_t layer = 1;  ///< forward: to this layer's MLP output; finetune: the SAE's

  std::optional<std::filesystem::path> tokenizer;  ///< nothing: the demo's
  std::optional<std::filesystem::path> text;       ///< nothing: the demo's texts

  double seconds = 1;  ///< of each measurement
  ComputeOptions compute;
};

/// One measured piece of work.
struct Throughput {
  BenchKind kind = BenchKind::Gemm;
  std::string name;                      ///< of the work among those of its kind: "step", "dense"
  std::string unit;                      ///< what is counted: "tokens", "bytes", "flop"
  double amount = 0;                     ///< units a repetition
  double median = 0, low = 0, high = 0;  ///< seconds a repetition (Timing)
  std::int64_t repetitions = 0;

  [[nodiscard]] double perSecond() const { return amount / median; }
};

/// How far our results are from the dense path's on the same inputs.
struct Agreement {
  BenchKind kind = BenchKind::Train;
  std::string of;             ///< what is compared
  std::int64_t compared = 0;  ///< how many of them
  double largestRelativeDifference = 0;

  void take(double ours, double dense);
};

struct BenchReport {
  Json machine;  ///< CPU model, threads, vectors, libraries, versions
  std::vector<Throughput> throughputs;
  std::vector<Agreement> agreements;  ///< with againstDense
};

/// The verb `bench`. Takes the calling thread and the machine's cores. Throws UserError{NotFound,
/// BadFile, BadUsage}, Interrupted.
[[nodiscard]] BenchReport runBench(const BenchRequest& request, const JobContext& job);

}  // namespace featurescope

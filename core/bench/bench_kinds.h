// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/bench/run_bench.h"
#include "core/bench/timing.h"

#include <functional>
#include <string>
#include <vector>

namespace featurescope {

/// A piece of work to be timed beside others of its kind.
struct BenchWork {
  std::string name, unit;
  double amount = 0;  ///< units a repetition
  std::function<void()> run;
};

/// Times the works in turns and reports them.
[[nodiscard]] std::vector<Throughput> measure(BenchKind kind, const std::vector<BenchWork>& works,
                                              const BenchRequest& request, const JobContext& job);

/// What the machine can do: products of float32 (by each library) and bfloat16 at d → M, and the
/// memory (triad, bytes moved).
[[nodiscard]] std::vector<Throughput> benchGemm(const BenchRequest& request, const JobContext& job);
/// A text by lines on one thread, from an empty cache.
[[nodiscard]] std::vector<Throughput> benchTokenize(const BenchRequest& request,
                                                    const JobContext& job);
/// A model of random weights on random tokens: to a layer's MLP output, to the logits, with the
/// loss.
[[nodiscard]] std::vector<Throughput> benchForward(const BenchRequest& request,
                                                   const JobContext& job);
/// A training step from the batch to updated parameters, and its update alone.
[[nodiscard]] std::vector<Throughput> benchTrain(const BenchRequest& request, const JobContext& job,
                                                 std::vector<Agreement>& agreements);
/// All that an index holds of given activations, encoded and collected.
[[nodiscard]] std::vector<Throughput> benchIndex(const BenchRequest& request, const JobContext& job,
                                                 std::vector<Agreement>& agreements);
/// A step of fine-tuning c and d, with the model's state at the site kept and computed anew.
[[nodiscard]] std::vector<Throughput> benchFineTune(const BenchRequest& request,
                                                    const JobContext& job,
                                                    std::vector<Agreement>& agreements);

}  // namespace featurescope

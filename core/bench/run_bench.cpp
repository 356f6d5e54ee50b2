// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/run_bench.h"

#include "core/base/version.h"
#include "core/bench/bench_kinds.h"
#include "core/kernels/screen.h"
#include "core/kernels/vector_target.h"
#include "core/lm/linear_torch.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

namespace featurescope {

namespace {

Json machineOf(const BenchRequest& request) {
  return {{"cpu", processorName()},
          {"device", describeDevice(request.compute)},
          {"threads", request.compute.threads > 0 ? request.compute.threads : availableThreads()},
          {"vectors", nameOf(vectorTarget())},
          {"bfloat16_products", multipliesBfloat16()},
          {"float32_products", floatProductLibrary()},
          {"libtorch", torchVersion()},
          {"compiler", __VERSION__},
          {"flags", FEATURESCOPE_FLAGS},
          {"featurescope", programVersion()}};
}

std::vector<Throughput> throughputsOf(BenchKind kind, const BenchRequest& request,
                                      const JobContext& job, std::vector<Agreement>& agreements) {
  switch (kind) {
    case BenchKind::Gemm:
      return benchGemm(request, job);
    case BenchKind::Tokenize:
      return benchTokenize(request, job);
    case BenchKind::Forward:
      return benchForward(request, job);
    case BenchKind::Index:
      return benchIndex(request, job, agreements);
    case BenchKind::FineTune:
      return benchFineTune(request, job, agreements);
    case BenchKind::Train:
      break;
  }
  return benchTrain(request, job, agreements);
}

}  // namespace

std::string_view nameOf(BenchKind kind) {
  switch (kind) {
    case BenchKind::Gemm:
      return "gemm";
    case BenchKind::Tokenize:
      return "tokenize";
    case BenchKind::Forward:
      return "forward";
    case BenchKind::Index:
      return "index";
    case BenchKind::FineTune:
      return "finetune";
    case BenchKind::Train:
      break;
  }
  return "train";
}

const std::vector<BenchKind>& benchKinds() {
  static const std::vector<BenchKind> kinds{BenchKind::Gemm,    BenchKind::Tokenize,
                                            BenchKind::Forward, BenchKind::Train,
                                            BenchKind::Index,   BenchKind::FineTune};
  return kinds;
}

void Agreement::take(double ours, double dense) {
  largestRelativeDifference =
      std::max(largestRelativeDifference, std::abs(ours - dense) / std::abs(dense));
}

std::vector<Throughput> measure(BenchKind kind, const std::vector<BenchWork>& works,
                                const BenchRequest& request, const JobContext& job) {
  std::vector<std::function<void()>> runs;
  runs.reserve(works.size());
  for (const BenchWork& work : works) runs.push_back(work.run);
  const std::vector<Timing> timings = timeInTurns(runs, {.seconds = request.seconds}, job);
  std::vector<Throughput> throughputs;
  for (std::size_t i = 0; i < works.size(); ++i) {
    throughputs.push_back({.kind = kind,
                           .name = works[i].name,
                           .unit = works[i].unit,
                           .amount = works[i].amount,
                           .median = timings[i].median(),
                           .low = timings[i].low(),
                           .high = timings[i].high(),
                           .repetitions = static_cast<std::int64_t>(timings[i].seconds.size())});
  }
  return throughputs;
}

BenchReport runBench(const BenchRequest& request, const JobContext& job) {
  applyThreads(request.compute);
  const c10::NoGradGuard noGradients;
  BenchReport report{.machine = machineOf(request), .throughputs = {}, .agreements = {}};
  for (std::size_t i = 0; i < request.kinds.size(); ++i) {
    const BenchKind kind = request.kinds[i];
    job.progress.update({.stage = "measuring",
                         .done = i,
                         .total = request.kinds.size(),
                         .unit = "kinds",
                         .detail = nameOf(kind)});
    std::vector<Throughput> measured = throughputsOf(kind, request, job, report.agreements);
    std::move(measured.begin(), measured.end(), std::back_inserter(report.throughputs));
  }
  return report;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/record_order.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/shuffled_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace featurescope {

namespace {

/// `count` of `from`, drawn by `random`, ascending; the others stay, ascending.
std::vector<RecordId> draw(std::vector<RecordId>& from, std::size_t count, RandomStream random) {
  shuffle(std::span(from), random);
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<RecordId> drawn(from.begin(), end);
  from.erase(from.begin(), end);
  std::ranges::sort(drawn);
  std::ranges::sort(from);
  return drawn;
}

}  // namespace

RecordSplit RecordSplit::draw(std::int64_t count, double heldOutFraction, std::uint64_t seed) {
  RecordSplit split;
  split.training.resize(static_cast<std::size_t>(count));
  std::iota(split.training.begin(), split.training.end(), RecordId{0});
  if (heldOutFraction == 0) return split;
  const auto held =
      static_cast<std::int64_t>(std::llround(heldOutFraction * static_cast<double>(count)));
  if (held == 0 || held == count) {
    throw UserError(ErrorCode::BadUsage, "cannot fine-tune",
                    fmt::format("--held-out-fraction {} of {} records is {} of them",
                                heldOutFraction, count, held == 0 ? "none" : "all"),
                    "give another fraction, or more records");
  }
  split.heldOut = featurescope::draw(split.training, static_cast<std::size_t>(held),
                                     RandomStream(seed, "held-out records"));
  return split;
}

RecordOrder::RecordOrder(std::vector<RecordId> training, const Options& options)
    : options_(options), records_(std::move(training)) {
  const auto anEpoch = static_cast<std::uint64_t>(options_.batch * options_.stepsPerEpoch);
  if (options_.shuffle && anEpoch < records_.size()) {
    records_ = draw(records_, static_cast<std::size_t>(anEpoch),
                    RandomStream(options_.seed, "records of an epoch"));
  }
}

std::vector<RecordId> RecordOrder::ofStep(std::int64_t step) {
  std::vector<RecordId> records;
  records.reserve(static_cast<std::size_t>(options_.batch));
  for (std::int64_t i = 0; i < options_.batch; ++i)
    records.push_back(at(step * options_.batch + i));
  return records;
}

RecordId RecordOrder::at(std::int64_t i) {
  const auto count = static_cast<std::int64_t>(records_.size());
  if (options_.shuffle && passNumber_ != i / count) {
    passNumber_ = i / count;
    pass_ = records_;
    RandomStream random(options_.seed, fmt::format("order of pass {}", passNumber_));
    shuffle(std::span(pass_), random);
  }
  return (options_.shuffle ? pass_ : records_)[static_cast<std::size_t>(i % count)];
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/co_activation_counts.h"

#include "core/kernels/parallel.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace featurescope {

namespace {

constexpr std::int64_t kBytesAPair = sizeof(std::uint32_t) + sizeof(double);
/// Neighbouring pairs share a line of the cache.
constexpr std::int64_t kTile = 16;

/// Keeps the `count` largest values offered, of equal ones those of the smallest ids.
class Largest {
 public:
  void offer(FeatureId feature, double value, std::size_t count) {
    if (!(value > 0) || count == 0) return;
    const Neighbour candidate{.feature = feature, .value = value};
    if (kept_.size() == count) {
      if (!isStronger(candidate, kept_.back())) return;
      kept_.pop_back();
    }
    kept_.insert(std::ranges::upper_bound(kept_, candidate, isStronger), candidate);
  }
  [[nodiscard]] std::vector<Neighbour>& ranked() { return kept_; }

 private:
  static bool isStronger(const Neighbour& a, const Neighbour& b) {
    return a.value != b.value ? a.value > b.value : a.feature < b.feature;
  }
  std::vector<Neighbour> kept_;
};

}  // namespace

/// What the counts say of pairs, and each feature's strongest so far.
class CoActivationCounts::Ranking {
 public:
  Ranking(const FeatureStatistics& statistics, std::int64_t count)
      : count_(static_cast<std::size_t>(count)),
        tokens_(static_cast<double>(statistics.tokens())),
        features_(static_cast<std::size_t>(statistics.features())) {
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const FeatureId feature{static_cast<std::int32_t>(f)};
      Feature& of = features_[f];
      of.active = static_cast<double>(statistics.activeTokens(feature));
      of.sum = statistics.sum(feature);
      const double variation = statistics.sumOfSquares(feature) - of.sum * of.sum / tokens_;
      of.deviation = std::sqrt(std::max(variation, 0.0));
    }
  }

  /// Offers `other` to `feature`. Features may be offered to on several threads, each on one.
  void offer(std::int64_t feature, std::int64_t other, std::uint32_t together, double products) {
    if (together == 0) return;
    Feature& a = features_[static_cast<std::size_t>(feature)];
    const Feature& b = features_[static_cast<std::size_t>(other)];
    const FeatureId id{static_cast<std::int32_t>(other)};
    const auto both = static_cast<double>(together);
    a.byJaccard.offer(id, both / (a.active + b.active - both), count_);
    const double scale = a.deviation * b.deviation;
    if (!(scale > 0)) return;
    a.byPearson.offer(id, std::min((products - a.sum * b.sum / tokens_) / scale, 1.0), count_);
  }

  [[nodiscard]] Strongest take(std::int64_t feature) {
    Feature& of = features_[static_cast<std::size_t>(feature)];
    return {std::move(of.byJaccard.ranked()), std::move(of.byPearson.ranked())};
  }

 private:
  struct Feature {
    double active = 0, sum = 0, deviation = 0;
    Largest byJaccard, byPearson;
  };
  std::size_t count_;
  double tokens_;
  std::vector<Feature> features_;
};

CoActivationCounts::CoActivationCounts(std::int64_t features, const std::filesystem::path& folder)
    : CoActivationCounts(features, folder, Limits{}) {}

CoActivationCounts::CoActivationCounts(std::int64_t features, const std::filesystem::path& folder,
                                       Limits limits)
    : limits_(limits), features_(features), spill_(folder) {}

void CoActivationCounts::add(const SparseCode& code) {
  for (std::size_t row = 0; std::cmp_less(row, code.rows()) && isWhole(); ++row) {
    const std::int64_t begin = code.indptr[row], end = code.indptr[row + 1];
    meetings_ += (end - begin) * (end - begin - 1) / 2;
    lengths_.push_back(static_cast<std::int32_t>(end - begin));
    const std::size_t place = entries_.size();
    entries_.resize(place + static_cast<std::size_t>(end - begin));
    for (std::size_t i = 0; i < entries_.size() - place; ++i) {
      const std::size_t entry = static_cast<std::size_t>(begin) + i;
      entries_[place + i] = {code.indices[entry], code.values[entry]};
    }
    if (std::ssize(entries_) >= limits_.blockEntries) spill();
  }
}

void CoActivationCounts::spill() {
  blocks_.push_back(
      {.offset = spill_.size(), .rows = std::ssize(lengths_), .entries = std::ssize(entries_)});
  spill_.append(std::span<const std::int32_t>(lengths_));
  spill_.append(std::span<const Entry>(entries_));
  lengths_.clear();
  entries_.clear();
}

void CoActivationCounts::read(const Block& block) {
  lengths_.resize(static_cast<std::size_t>(block.rows));
  entries_.resize(static_cast<std::size_t>(block.entries));
  spill_.read(block.offset, std::span(lengths_));
  spill_.read(block.offset + block.rows * static_cast<std::int64_t>(sizeof(std::int32_t)),
              std::span(entries_));
}

void CoActivationCounts::place(std::int64_t first, std::int64_t end) {
  const auto forEachPlace = [&](const auto& visit) {
    auto begin = entries_.begin();
    for (const std::int32_t length : lengths_) {
      const auto rowEnd = begin + length;
      const auto placeEnd = static_cast<std::int32_t>(rowEnd - entries_.begin());
      for (auto at = std::lower_bound(
               begin, rowEnd, first,
               [](const Entry&entry, std::int64_t bound) { return entry.feature < bound; });
           at != rowEnd && at->feature < end; ++at) {
        visit(static_cast<std::size_t>(at->feature - first),
              Place{static_cast<std::int32_t>(at - entries_.begin()), placeEnd});
      }
      begin = rowEnd;
    }
  };
  placeStarts_.assign(static_cast<std::size_t>(end - first) + 1, 0);
  forEachPlace([&](std::size_t feature, const Place&) { ++placeStarts_[feature + 1]; });
  for (std::size_t f = 1; f < placeStarts_.size(); ++f) placeStarts_[f] += placeStarts_[f - 1];
  places_.resize(static_cast<std::size_t>(placeStarts_.back()));
  std::vector<std::int64_t> next(placeStarts_.begin(), placeStarts_.end() - 1);
  forEachPlace([&](std::size_t feature, const Place& place) {
    places_[static_cast<std::size_t>(next[feature]++)] = place;
  });
}

void CoActivationCounts::countPlaces(std::int64_t row) {
  std::uint32_t* const together = together_.data() + row * features_;
  double* const products = products_.data() + row * features_;
  const auto at = static_cast<std::size_t>(row);
  const auto count = static_cast<std::size_t>(placeStarts_[at + 1] - placeStarts_[at]);
  for (const Place& place :
       std::span(places_).subspan(static_cast<std::size_t>(placeStarts_[at]), count)) {
    const auto value = static_cast<double>(entries_[static_cast<std::size_t>(place.entry)].value);
    for (std::int32_t e = place.entry + 1; e < place.end; ++e) {
      const Entry& other = entries_[static_cast<std::size_t>(e)];
      ++together[other.feature];
      products[other.feature] += value * static_cast<double>(other.value);
    }
  }
}

void CoActivationCounts::count(std::int64_t first, std::int64_t end, const JobContext& job) {
  const std::int64_t pairs = (end - first) * features_;
  together_.assign(static_cast<std::size_t>(pairs), 0);
  products_.assign(static_cast<std::size_t>(pairs), 0);
  for (const Block& block : blocks_) {
    job.throwIfStopped();
    read(block);
    place(first, end);
    parallelFor(end - first, pairs, [&](std::int64_t row) { countPlaces(row); });
  }
}

void CoActivationCounts::forEach(const FeatureStatistics& statistics, std::int64_t count,
                                 const JobContext& job, const Visit& visit) {
  spill();
  Ranking ranking(statistics, count);
  const std::int64_t stripe =
      std::clamp<std::int64_t>(limits_.countedBytes / (kBytesAPair * features_), 1, features_);
  for (std::int64_t first = 0; first < features_; first += stripe) {
    const std::int64_t end = std::min(first + stripe, features_);
    this->count(first, end, job);
    const auto offer = [&](std::int64_t to, std::int64_t smaller, std::int64_t larger) {
      const auto pair = static_cast<std::size_t>((smaller - first) * features_ + larger);
      ranking.offer(to, to == smaller ? larger : smaller, together_[pair], products_[pair]);
    };
    const std::int64_t pairs = (end - first) * (features_ - first);
    parallelFor(end - first, pairs, [&](std::int64_t row) {
      for (std::int64_t other = first + row + 1; other < features_; ++other) {
        offer(first + row, first + row, other);
      }
    });
    parallelFor((features_ - first + kTile - 1) / kTile, pairs, [&](std::int64_t tile) {
      const std::int64_t begin = first + tile * kTile;
      for (std::int64_t feature = first; feature < end; ++feature) {
        for (std::int64_t other = std::max(begin, feature + 1);
             other < std::min(begin + kTile, features_); ++other) {
          offer(other, feature, other);
        }
      }
    });
    job.progress.update({.stage = "counting where features meet",
                         .done = static_cast<std::uint64_t>(end),
                         .total = static_cast<std::uint64_t>(features_),
                         .unit = "features",
                         .detail = {}});
  }
  for (std::int64_t feature = 0; feature < features_; ++feature) {
    visit(FeatureId{static_cast<std::int32_t>(feature)}, ranking.take(feature));
  }
}

}  // namespace featurescope

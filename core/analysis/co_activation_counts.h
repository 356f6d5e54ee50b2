// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/feature_statistics.h"
#include "core/base/progress.h"
#include "core/base/spill_file.h"
#include "core/store/index_records.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace featurescope {

/// How often each two features of a stream of sparse codes fire together, and the sum of their
/// values' products there: counted at every token, for all pairs. The code waits on the disk, 8
/// bytes an activation, and is read once for each stripe of features whose counts fit in memory.
/// The work grows with the square of a token's active features; beyond a limit nothing is counted.
class CoActivationCounts {
 public:
  struct Limits {
    std::int64_t meetings = 30'000'000'000;   ///< pairs of features at a token, over all tokens
    std::int64_t countedBytes = 192'000'000;  ///< of the counts of a stripe, 12 a pair
    std::int64_t blockEntries = 1 << 18;      ///< activations counted at a time, 8 bytes each
  };

  /// `folder`: where the code waits.
  CoActivationCounts(std::int64_t features, const std::filesystem::path& folder, Limits limits);
  CoActivationCounts(std::int64_t features, const std::filesystem::path& folder);

  /// The next tokens of the stream.
  void add(const SparseCode& code);

  /// Whether the pairs stayed within the limit. Otherwise forEach() must not be called.
  [[nodiscard]] bool isWhole() const { return meetings_ <= limits_.meetings; }

  /// The other features nearest to one, largest value > 0 first, equal ones by id.
  struct Strongest {
    std::vector<Neighbour> byJaccard;  ///< tokens that activate both / tokens that activate either
    std::vector<Neighbour> byPearson;  ///< correlation over all tokens, zeros included
  };
  using Visit = std::function<void(FeatureId feature, const Strongest& strongest)>;
  /// Of every feature, ascending, the `count` strongest. `statistics` are of the same stream. Once,
  /// after the last add().
  void forEach(const FeatureStatistics& statistics, std::int64_t count, const JobContext& job,
               const Visit& visit);

 private:
  struct Entry {
    std::int32_t feature = 0;
    float value = 0;
  };
  struct Block {
    std::int64_t offset = 0, rows = 0, entries = 0;
  };
  /// An entry of the block at hand and the end of its token's.
  struct Place {
    std::int32_t entry = 0, end = 0;
  };
  class Ranking;

  void spill();
  void read(const Block& block);
  /// The places of the features [first, end) in the block at hand, by feature.
  void place(std::int64_t first, std::int64_t end);
  void count(std::int64_t first, std::int64_t end, const JobContext& job);
  void countPlaces(std::int64_t row);

  Limits limits_;
  std::int64_t features_;
  std::int64_t meetings_ = 0;
  SpillFile spill_;
  std::vector<Block> blocks_;
  std::vector<std::int32_t> lengths_;  ///< active features of each token of the block at hand
  std::vector<Entry> entries_;         ///< theirs, by token, then feature

  // Of a stripe of features, with those of larger id.
  std::vector<std::int64_t> placeStarts_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> together_;  ///< [stripe, M]
  std::vector<double> products_;         ///< [stripe, M]
};

}  // namespace featurescope

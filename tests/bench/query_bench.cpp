// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to an index: the nearest neighbours of a feature among 32768, and searches of a
// synthetic million tokens with 16384 features (60 active a token). Each asks another feature or
// token each time; the worst and the median answer of a run are counters, in milliseconds.
#include "core/analysis/feature_neighbours_torch.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/lm/compute.h"
#include "core/store/index_reader.h"
#include "core/store/index_writer.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1'000'000, kContext = 128, kActive = 60;
constexpr std::int32_t kFeatures = 16384, kVocabulary = 50000;

/// Times ask(i) and tells the median and the worst.
template <class Ask>
void measure(benchmark::State& state, const Ask& ask) {
  std::vector<double> milliseconds;
  std::uint64_t i = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    ask(i++);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    milliseconds.push_back(taken.count());
  }
  std::ranges::sort(milliseconds);
  state.counters["median_ms"] = milliseconds[milliseconds.size() / 2];
  state.counters["worst_ms"] = milliseconds.back();
}

void neighbours(benchmark::State& state) {
  applyThreads({});
  at::manual_seed(1);
  constexpr std::int64_t kMany = 32768;
  const FeatureNeighbours features(at::randn({kMany, state.range(0)}));
  measure(state, [&](std::uint64_t i) {
    const auto feature = static_cast<std::int32_t>(i * 7919 % kMany);
    benchmark::DoNotOptimize(features.nearest(FeatureId{feature}, 20));
  });
}

/// Word-like tokens; low ids are far more frequent than high ones.
void writeIndex(const std::filesystem::path& path) {
  IndexWriter writer(path, false);
  std::vector<std::string> vocabulary;
  for (std::int32_t id = 0; id < kVocabulary; ++id) vocabulary.push_back(" w" + std::to_string(id));
  writer.writeVocabulary(vocabulary, vocabulary);
  RandomStream random(1, "search");
  for (Position first = 0; first < kTokens; first += kContext) {
    std::vector<TokenId> tokens;
    std::vector<std::string> shown;
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int32_t> features;
    std::vector<float> values;
    for (Position t = first; t < std::min(first + kContext, kTokens); ++t) {
      const auto id = random.below(223) * random.below(223);
      tokens.push_back(TokenId{static_cast<std::int32_t>(id)});
      shown.push_back(vocabulary[id]);
      // One of each of so many stretches of ids: ascending, and all are different.
      constexpr std::int32_t kStretch = kFeatures / kActive;
      for (std::int32_t k = 0; k < kActive; ++k) {
        const auto within = std::min(random.below(kStretch), random.below(kStretch));
        features.push_back(k * kStretch + static_cast<std::int32_t>(within));
        values.push_back(static_cast<float>(1 + random.below(1000)) / 1000);
      }
      indptr.push_back(std::ssize(features));
    }
    writer.appendSequence(tokens, shown);
    writer.appendActivations(first, indptr, features, values);
  }
  for (std::int32_t f = 0; f < kFeatures; ++f) {
    FeatureRecord record;
    record.feature = FeatureId{f};
    record.activeTokens = 1;
    writer.appendFeature(record, {});
  }
  writer.finish();
}

/// Written once for all searches.
const IndexReader& synthetic() {
  static const TemporaryFolder folder;
  static const auto reader = [] {
    writeIndex(folder.path() / "index.sqlite");
    return IndexReader::open(folder.path() / "index.sqlite");
  }();
  return reader;
}

template <class Condition>
void search(benchmark::State& state, const Condition& condition) {
  const IndexReader& reader = synthetic();
  measure(state, [&](std::uint64_t i) {
    benchmark::DoNotOptimize(reader.search({.condition = condition(i)}).hits.size());
  });
}

std::string word(std::uint64_t i) { return " w" + std::to_string(i * 131 % 20000); }
FeatureId feature(std::uint64_t i) {
  return FeatureId{static_cast<std::int32_t>(i * 7919 % kFeatures)};
}

void searchToken(benchmark::State& state) {
  search(state, [](std::uint64_t i) { return SearchCondition::token(word(i)); });
}
void searchFeature(benchmark::State& state) {
  search(state, [](std::uint64_t i) { return SearchCondition::active(feature(i), 0.9); });
}
void searchTextOften(benchmark::State& state) {
  search(state, [](std::uint64_t) { return SearchCondition::text("w1[0-9]*4"); });
}
void searchTextNever(benchmark::State& state) {
  search(state, [](std::uint64_t) { return SearchCondition::text("w12 w13 w14 [a-z]x"); });
}
void searchFeatureAndToken(benchmark::State& state) {
  search(state, [](std::uint64_t i) {
    return SearchCondition::all(
        {SearchCondition::active(feature(i)), SearchCondition::token(word(i))});
  });
}
void searchTwoFeatures(benchmark::State& state) {
  search(state, [](std::uint64_t i) {
    return SearchCondition::all(
        {SearchCondition::active(feature(i)), SearchCondition::active(feature(i + 1))});
  });
}
void searchFeatureWithoutAnother(benchmark::State& state) {
  search(state, [](std::uint64_t i) {
    return SearchCondition::all({SearchCondition::active(feature(i)),
                                 SearchCondition::none({SearchCondition::active(feature(i + 1))})});
  });
}

BENCHMARK(neighbours)->ArgName("d")->Arg(512)->Arg(4096)->Unit(benchmark::kMillisecond);
BENCHMARK(searchToken)->Unit(benchmark::kMillisecond);
BENCHMARK(searchFeature)->Unit(benchmark::kMillisecond);
BENCHMARK(searchTextOften)->Unit(benchmark::kMillisecond);
BENCHMARK(searchTextNever)->Unit(benchmark::kMillisecond);
BENCHMARK(searchFeatureAndToken)->Unit(benchmark::kMillisecond);
BENCHMARK(searchTwoFeatures)->Unit(benchmark::kMillisecond);
BENCHMARK(searchFeatureWithoutAnother)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace featurescope

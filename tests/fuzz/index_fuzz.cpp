// SPDX-License-Identifier: GPL-3.0-or-later
// An index file. SQLite's pages must stay where they are to be of any use: the inputs change in
// place, a few bytes at a time, or a page becomes like another or names another as its child.
#include "core/store/index_reader.h"
#include "core/store/upgrade_index.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <cstring>

using namespace featurescope;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t maxSize);

namespace {

std::size_t pageSize(const std::uint8_t* data, std::size_t size) {
  const std::size_t named = size < 18 ? 0 : std::size_t{data[16]} << 8 | data[17];
  return named < 512 || named > size ? std::min<std::size_t>(size, 512) : named;
}

void copyPage(std::uint8_t* data, std::size_t size, unsigned int seed) {
  const std::size_t page = pageSize(data, size), pages = size / page;
  std::memmove(data + (seed / 64) % pages * page, data + (seed / 4096) % pages * page, page);
}

/// Of an interior page, the last child (https://sqlite.org/fileformat2.html, 1.6).
void linkPage(std::uint8_t* data, std::size_t size, unsigned int seed) {
  constexpr std::size_t kLastChild = 8;
  const std::size_t page = pageSize(data, size), pages = size / page;
  std::uint8_t* link = data + (seed / 64) % pages * page + kLastChild;
  const std::size_t child = 1 + (seed / 4096) % pages;
  for (std::size_t i = 0; i < 4; ++i) link[i] = static_cast<std::uint8_t>(child >> (24 - 8 * i));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t maxSize, unsigned int seed) {
  constexpr std::size_t kWindow = 32;
  if (size <= kWindow || seed % 64 == 0) return LLVMFuzzerMutate(data, size, maxSize);
  if (seed % 64 < 8) {
    (seed % 2 == 0 ? copyPage : linkPage)(data, size, seed);
    return size;
  }
  std::uint8_t window[kWindow];
  std::uint8_t* place = data + (seed / 64) % (size - kWindow);
  std::memcpy(window, place, kWindow);
  const std::size_t changed = LLVMFuzzerMutate(window, 1 + seed % kWindow, kWindow);
  std::memcpy(place, window, changed);
  return size;
}

namespace {

void readFeature(const IndexReader& index, FeatureId feature) {
  constexpr std::int64_t kExamples = 20;
  fuzz::readOrRefuse([&] { fuzz::look(index.feature(feature).topToken); });
  for (const auto kind :
       {ExampleKind::Top, ExampleKind::Quantile, ExampleKind::Random, ExampleKind::NearMiss}) {
    fuzz::readOrRefuse([&] {
      for (const auto& example : index.examples(feature, kind, kExamples)) {
        fuzz::look(example.context);
      }
    });
  }
  fuzz::readOrRefuse([&] { (void)index.histogram(feature); });
  fuzz::readOrRefuse([&] { (void)index.featureTokens(feature); });
  fuzz::readOrRefuse([&] { (void)index.logitTokens(feature); });
  fuzz::readOrRefuse([&] { (void)index.neighbours(feature, NeighbourRelation::DecoderCosine); });
  fuzz::readOrRefuse([&] {
    const Postings postings = index.postings(feature);
    if (!std::ranges::is_sorted(postings.positions)) std::abort();
  });
}

void readEverything(const std::filesystem::path& path) {
  const IndexReader index = IndexReader::open(path);
  fuzz::readOrRefuse([&] { (void)index.provenance(); });
  fuzz::readOrRefuse([&] { (void)index.features({.sortColumn = "max", .descending = true}); });
  fuzz::readOrRefuse(
      [&] { (void)index.features({.where = "density > 0.01 AND top_token <> ''"}); });
  for (const std::int32_t feature : {0, 3, -1}) readFeature(index, FeatureId{feature});
  fuzz::readOrRefuse([&] { (void)index.context(0, 10, 10); });
  fuzz::readOrRefuse([&] { (void)index.context(index.tokenCount() - 1, 1'000'000, 0); });
  for (const auto& condition : {SearchCondition::token(" the"), SearchCondition::text("t.e"),
                                SearchCondition::active(FeatureId{1}, 0.5)}) {
    fuzz::readOrRefuse([&] {
      const SearchResult found =
          index.search({.condition = condition, .shown = FeatureId{2}, .countAll = true});
      for (const SearchHit& hit : found.hits) fuzz::look(hit.context);
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::place("i.sqlite", fuzz::bytesOf(data, size));
  fuzz::readOrRefuse([&] { readEverything(path); });
  fuzz::readOrRefuse([&] { (void)upgradeIndex(path); });
  return 0;
}

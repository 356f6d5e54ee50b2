// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope {
namespace {

/// Encodes the lines of WikiText-2's validation text from an empty cache, on one thread.
void tokenizeLinesOfEnglish(benchmark::State& state) {
  const auto model = testing::sharedData("pythia_tokenizer.json");
  const auto file = testing::sharedData("wikitext2_valid.txt");
  if (!std::filesystem::exists(model) || !std::filesystem::exists(file)) {
    state.SkipWithError("the Pythia tokenizer or WikiText-2 is not there");
    return;
  }
  const Tokenizer tokenizer = Tokenizer::load(model);
  const std::string text = readFile(file);
  std::size_t count = 0;
  for (auto _ : state) {
    TokenEncoder encoder(tokenizer);
    std::vector<TokenId> tokens;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      encoder.encode(std::string_view(text).substr(begin, end - begin), tokens);
      begin = end + 1;
    }
    benchmark::DoNotOptimize(tokens.data());
    count += tokens.size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
}
BENCHMARK(tokenizeLinesOfEnglish)->Unit(benchmark::kMillisecond);

void loadTokenizer(benchmark::State& state) {
  const auto model = testing::sharedData("pythia_tokenizer.json");
  if (!std::filesystem::exists(model)) {
    state.SkipWithError("the Pythia tokenizer is not there");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::load(model));
}
BENCHMARK(loadTokenizer)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace featurescope

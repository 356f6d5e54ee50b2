// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/bench/bench_kinds.h"
#include "core/study/demo.h"
#include "core/text/tokenizer.h"

#include <algorithm>
#include <string_view>

namespace featurescope {

namespace {

std::string textOf(const BenchRequest& request) {
  return readFile(request.text.value_or(resourceFolder() / "demo/texts/heldout.jsonl"));
}

void encodeLines(const Tokenizer& tokenizer, std::string_view text) {
  TokenEncoder encoder(tokenizer);
  std::vector<TokenId> tokens;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    encoder.encode(text.substr(begin, end - begin), tokens);
    begin = end + 1;
  }
}

}  // namespace

std::vector<Throughput> benchTokenize(const BenchRequest& request, const JobContext& job) {
  const Tokenizer tokenizer =
      Tokenizer::load(request.tokenizer.value_or(resourceFolder() / "demo/model"));
  const std::string text = textOf(request);
  return measure(BenchKind::Tokenize,
                 {{"lines, one thread", "bytes", static_cast<double>(text.size()),
                   [&] { encodeLines(tokenizer, text); }}},
                 request, job);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
// A tokenizer.json, and a text for it.
#include "core/text/display.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input = fuzz::bytesOf(data, size);
  const auto path = fuzz::place("tokenizer.json", fuzz::nextPart(input));
  fuzz::readOrRefuse([&] {
    const Tokenizer tokenizer = Tokenizer::load(path);
    const std::string_view text = fuzz::textOf(input);
    const std::vector<TokenId> tokens = tokenizer.encode(text);
    for (const TokenId token : tokens) {
      if (token.value < 0 || token.value >= tokenizer.vocabularySize()) std::abort();
    }
    fuzz::look(tokenizer.decode(tokens));
    for (const std::string& shown : displayTokens(tokenizer, tokens)) fuzz::look(shown);

    // Cut where it may be cut, the text gives the same tokens.
    std::vector<TokenId> parts;
    std::size_t begin = 0;
    for (std::size_t at = 1; at <= text.size(); ++at) {
      if (at < text.size() && !tokenizer.mayCut(text, at)) continue;
      const auto part = tokenizer.encode(text.substr(begin, at - begin));
      parts.insert(parts.end(), part.begin(), part.end());
      begin = at;
    }
    if (parts != tokens) std::abort();
  });
  return 0;
}

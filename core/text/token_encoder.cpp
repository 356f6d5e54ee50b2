// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/text/nfc.h"
#include "core/text/pair_merges.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/tokenizer.h"
#include "core/text/tokenizer_tables.h"
#include "core/text/utf8.h"
#include "core/text/word_cache.h"

#include <utility>

namespace featurescope {

/// The order of work is Hugging Face's: added tokens in the raw text, normalization of what lies
/// between them, added tokens in that, words, merges.
struct TokenEncoder::State {
  explicit State(std::shared_ptr<const Tokenizer::Tables> sharedTables)
      : tables(std::move(sharedTables)) {}

  void encodeText(std::string_view text, std::vector<TokenId>& out);
  void encodePiece(std::string_view piece, std::vector<TokenId>& out);
  void encodeWords(std::string_view text, std::vector<TokenId>& out);
  void encodeWord(std::string_view word, std::vector<TokenId>& out);
  void mergeWord(std::string_view word);

  std::shared_ptr<const Tokenizer::Tables> tables;
  WordCache cache;
  PairMerger merger;
  std::vector<TokenId> symbols;
  std::string normalized;
};

namespace {

/// Calls `plain` for what lies between the added tokens of `text`, and appends those to `out`.
template <class Plain>
void splitOn(const AddedTokenMatcher& matcher, std::string_view text, std::vector<TokenId>& out,
             Plain&& plain) {
  std::size_t done = 0;
  while (const auto match = matcher.find(text, done)) {
    if (match->begin > done) plain(text.substr(done, match->begin - done));
    out.push_back(match->token);
    done = match->end;
  }
  if (done < text.size()) plain(text.substr(done));
}

}  // namespace

void TokenEncoder::State::encodeText(std::string_view text, std::vector<TokenId>& out) {
  splitOn(tables->rawTokens, text, out, [&](std::string_view piece) { encodePiece(piece, out); });
}

void TokenEncoder::State::encodePiece(std::string_view piece, std::vector<TokenId>& out) {
  splitOn(tables->normalizedTokens, tables->nfc ? normalizeNfc(piece, normalized) : piece, out,
          [&](std::string_view text) { encodeWords(text, out); });
}

void TokenEncoder::State::encodeWords(std::string_view text, std::vector<TokenId>& out) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = wordEnd(text, begin);
    encodeWord(text.substr(begin, end - begin), out);
    begin = end;
  }
}

void TokenEncoder::State::encodeWord(std::string_view word, std::vector<TokenId>& out) {
  if (word.size() > WordCache::kLongestWord) {
    mergeWord(word);
    out.insert(out.end(), symbols.begin(), symbols.end());
    return;
  }
  auto tokens = cache.find(word);
  if (!tokens) {
    mergeWord(word);
    cache.insert(word, symbols);
    tokens = symbols;
  }
  out.insert(out.end(), tokens->begin(), tokens->end());
}

/// Leaves the word's tokens in `symbols`. A byte without a token is left out, as Hugging Face does.
void TokenEncoder::State::mergeWord(std::string_view word) {
  constexpr std::size_t kLongestWord = std::size_t{8} << 20;  // merging takes 40 times as much
  if (word.size() > kLongestWord) {
    throw UserError(ErrorCode::BadText, "cannot tokenize the text",
                    "one word of it has " + std::to_string(word.size() >> 20) + " MiB",
                    "give a text of words");
  }
  symbols.clear();
  if (!tables->wholeWords.empty()) {
    const auto whole = tables->wholeWords.find(std::string(word));
    if (whole != tables->wholeWords.end()) {
      symbols.push_back(whole->second);
      return;
    }
  }
  for (const char c : word) {
    if (const auto token = tables->byteTokens[static_cast<unsigned char>(c)]) {
      symbols.push_back(*token);
    }
  }
  merger.merge(symbols, tables->merges);
}

TokenEncoder::TokenEncoder(Tokenizer tokenizer)
    : state_(std::make_unique<State>(std::move(tokenizer.tables_))) {}
TokenEncoder::~TokenEncoder() = default;
TokenEncoder::TokenEncoder(TokenEncoder&&) noexcept = default;
TokenEncoder& TokenEncoder::operator=(TokenEncoder&&) noexcept = default;

void TokenEncoder::encode(std::string_view text, std::vector<TokenId>& out) {
  if (findInvalidUtf8(text) == std::string_view::npos) {
    state_->encodeText(text, out);
  } else {
    state_->encodeText(repairUtf8(text), out);
  }
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/text/byte_alphabet.h"
#include "core/text/nfc.h"
#include "core/text/tokenizer_file.h"
#include "core/text/tokenizer_tables.h"
#include "core/text/utf8.h"

#include <utility>

namespace featurescope {

namespace {

constexpr std::string_view kEndOfText = "<|endoftext|>";

}  // namespace

Tokenizer::Tables::Tables(const TokenizerFile& file, std::string fileHash)
    : hash(std::move(fileHash)),
      bytes(static_cast<std::size_t>(file.vocabularySize)),
      merges(file.merges.size()),
      nfc(file.nfc) {
  for (const auto& [symbols, id] : file.vocabulary) {
    // An entry that is no text of byte symbols stands for its own text, as Hugging Face decodes it.
    std::string meant = bytesOfSymbols(symbols).value_or(symbols);
    if (file.ignoreMerges && bytesOfSymbols(symbols)) wholeWords.emplace(meant, id);
    bytes[static_cast<std::size_t>(id.value)] = std::move(meant);
  }
  for (int byte = 0; byte < 256; ++byte) {
    std::string symbol;
    appendUtf8(symbol, byteSymbol(static_cast<std::uint8_t>(byte)));
    const auto found = file.vocabulary.find(symbol);
    if (found != file.vocabulary.end()) byteTokens[static_cast<std::size_t>(byte)] = found->second;
  }
  for (std::uint32_t rank = 0; rank < file.merges.size(); ++rank) {
    const auto& merge = file.merges[rank];
    merges.set(merge.left, merge.right, {rank, merge.result});
  }

  std::string scratch;
  for (const auto& token : file.addedTokens) {
    bytes[static_cast<std::size_t>(token.id.value)] = token.content;
    if (token.special) special.insert(token.id);
    const std::string_view sought =
        token.normalized && nfc ? normalizeNfc(token.content, scratch) : token.content;
    (token.normalized ? normalizedTokens : rawTokens).add(sought, token.id);
    cutRule.keepWhole(sought);
  }

  byBytes.reserve(bytes.size());
  for (const auto& token : file.addedTokens) {
    byBytes.emplace(bytes[static_cast<std::size_t>(token.id.value)], token.id);
  }
  for (std::size_t id = 0; id < bytes.size(); ++id) {
    if (!bytes[id].empty()) byBytes.emplace(bytes[id], TokenId{static_cast<std::int32_t>(id)});
  }
  if (const auto found = byBytes.find(kEndOfText); found != byBytes.end()) {
    endOfText = found->second;
  }
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  const auto file = std::filesystem::is_directory(path) ? path / "tokenizer.json" : path;
  const std::string text = readFile(file);
  Sha256 hash;
  hash.add(text);
  Tokenizer tokenizer;
  tokenizer.tables_ = std::make_shared<const Tables>(
      parseTokenizerFile(text, "cannot read " + file.string()), hash.finish());
  return tokenizer;
}

std::int32_t Tokenizer::vocabularySize() const {
  return static_cast<std::int32_t>(tables_->bytes.size());
}

std::string_view Tokenizer::bytes(TokenId token) const {
  if (token.value < 0 || token.value >= vocabularySize()) return {};
  return tables_->bytes[static_cast<std::size_t>(token.value)];
}

std::optional<TokenId> Tokenizer::find(std::string_view bytes) const {
  const auto found = tables_->byBytes.find(bytes);
  if (found == tables_->byBytes.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Tokenizer::endOfText() const { return tables_->endOfText; }

bool Tokenizer::isSpecial(TokenId token) const { return tables_->special.contains(token); }

std::vector<TokenId> Tokenizer::encode(std::string_view text) const {
  std::vector<TokenId> tokens;
  TokenEncoder(*this).encode(text, tokens);
  return tokens;
}

std::string Tokenizer::decode(std::span<const TokenId> tokens) const {
  std::string text;
  for (const TokenId token : tokens) text += bytes(token);
  return repairUtf8(text);
}

bool Tokenizer::mayCut(std::string_view text, std::size_t at) const {
  return tables_->cutRule.mayCut(text, at);
}

const std::string& Tokenizer::hash() const { return tables_->hash; }

}  // namespace featurescope

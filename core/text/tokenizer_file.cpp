// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer_file.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/byte_alphabet.h"
#include "core/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace featurescope {

namespace {

/// Of an added token, in bytes: looking for them takes the text's length times this, and those in
/// use have some thirty (core/text/added_tokens.h).
constexpr std::size_t kLongestAddedToken = 256;

/// Reads one tokenizer.json; every member reads one part of it.
class Reader {
 public:
  explicit Reader(const std::string& what) : what_(what) {}

  TokenizerFile read(const Json& root) {
    if (!root.is_object()) bad("it is not a JSON object");
    checkModelType(part(root, "model"));  // before the parts around it: it says most
    readNormalizer(part(root, "normalizer"));
    checkPreTokenizer(part(root, "pre_tokenizer"));
    checkPostProcessor(part(root, "post_processor"));
    checkDecoder(part(root, "decoder"));
    readModel(part(root, "model"));
    readAddedTokens(part(root, "added_tokens"));
    return std::move(file_);
  }

 private:
  [[noreturn]] void bad(const std::string& why) const {
    throw UserError(ErrorCode::BadFile, what_, why);
  }
  [[noreturn]] void unsupported(const std::string& why) const {
    throw UserError(ErrorCode::Unsupported, what_, why,
                    "only byte-level BPE tokenizers of the Pythia (GPT-NeoX) family are handled");
  }

  /// Null where it is absent.
  static const Json& part(const Json& object, const char* key) {
    static const Json null;
    const auto found = object.find(key);
    return found == object.end() ? null : *found;
  }

  std::string typeOf(const Json& object, const char* name) const {
    if (object.is_null()) return "none";
    if (!object.is_object()) bad(std::string("its ") + name + " is not an object");
    return memberOr<std::string>(object, "type", "", what_);
  }

  [[noreturn]] void unsupportedPart(const char* name, const std::string& type) const {
    unsupported(std::string("its ") + name + " is " + type);
  }

  /// The parts of a Sequence (an array under `key`).
  const Json& sequence(const Json& object, const char* key) const {
    const Json& parts = part(object, key);
    if (!parts.is_array()) bad(std::string("its \"") + key + "\" is not an array");
    return parts;
  }

  void readNormalizer(const Json& normalizer) {
    const std::string type = typeOf(normalizer, "normalizer");
    if (type == "none") return;
    if (type == "NFC") {
      file_.nfc = true;
    } else if (type == "Sequence") {
      for (const Json& inner : sequence(normalizer, "normalizers")) readNormalizer(inner);
    } else {
      unsupportedPart("normalizer", type);
    }
  }

  void checkPreTokenizer(const Json& preTokenizer) const {
    const std::string type = typeOf(preTokenizer, "pre_tokenizer");
    if (type != "ByteLevel") unsupportedPart("pre_tokenizer", type);
    if (member<bool>(preTokenizer, "add_prefix_space", what_)) {
      unsupported("its pre_tokenizer has add_prefix_space");
    }
    if (!memberOr(preTokenizer, "use_regex", true, what_)) {
      unsupported("its pre_tokenizer has use_regex false");
    }
  }

  /// ByteLevel only moves offsets; a template that is the text alone adds nothing.
  void checkPostProcessor(const Json& postProcessor) const {
    const std::string type = typeOf(postProcessor, "post_processor");
    if (type == "none" || type == "ByteLevel") return;
    if (type == "Sequence") {
      for (const Json& inner : sequence(postProcessor, "processors")) checkPostProcessor(inner);
    } else if (type == "TemplateProcessing") {
      const Json& single = sequence(postProcessor, "single");
      if (single.size() != 1 || !single.front().contains("Sequence")) {
        unsupported("its post_processor adds special tokens");
      }
    } else {
      unsupportedPart("post_processor", type);
    }
  }

  void checkDecoder(const Json& decoder) const {
    const std::string type = typeOf(decoder, "decoder");
    if (type != "ByteLevel") unsupportedPart("decoder", type);
  }

  void checkModelType(const Json& model) const {
    if (model.is_null()) bad("it has no \"model\"");
    const std::string type = typeOf(model, "model");
    if (!type.empty() && type != "BPE") unsupportedPart("model", type);
  }

  void readModel(const Json& model) {
    if (optionalMember<double>(model, "dropout", what_).value_or(0) != 0) {
      unsupported("its model has a dropout");
    }
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!memberOr<std::string>(model, affix, "", what_).empty()) {
        unsupported(std::string("its model has a ") + affix);
      }
    }
    file_.ignoreMerges = memberOr(model, "ignore_merges", false, what_);
    readVocabulary(part(model, "vocab"));
    checkUnknownHandling(model);
    readMerges(part(model, "merges"));
  }

  TokenId readId(const Json& value, const std::string& token) const {
    if (!value.is_number_integer()) bad("the id of " + quoted(token) + " is not a whole number");
    const bool inRange = value.is_number_unsigned()
                             ? value.get<std::uint64_t>() <= std::uint64_t{kLargestTokenId}
                             : value.get<std::int64_t>() >= 0;
    if (!inRange) {
      bad("the id of " + quoted(token) + " is " + value.dump() + ", not between 0 and " +
          std::to_string(kLargestTokenId));
    }
    return TokenId{value.get<std::int32_t>()};
  }

  static std::string quoted(const std::string& token) {
    return Json(token.substr(0, 60)).dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void cover(TokenId id) { file_.vocabularySize = std::max(file_.vocabularySize, id.value + 1); }

  void readVocabulary(const Json& vocabulary) {
    if (!vocabulary.is_object()) bad("its \"vocab\" is not an object");
    std::unordered_set<TokenId> ids;
    file_.vocabulary.reserve(vocabulary.size());
    for (const auto& [token, value] : vocabulary.items()) {
      const TokenId id = readId(value, token);
      if (!ids.insert(id).second) {
        bad("two entries of its vocabulary have the id " + std::to_string(id.value));
      }
      file_.vocabulary.emplace(token, id);
      cover(id);
    }
  }

  /// unk_token and byte_fallback only matter for bytes that have no entry of their own.
  void checkUnknownHandling(const Json& model) const {
    const bool unknown = optionalMember<std::string>(model, "unk_token", what_).has_value();
    const bool fallback = memberOr(model, "byte_fallback", false, what_);
    if (!unknown && !fallback) return;
    for (int byte = 0; byte < 256; ++byte) {
      const bool inUtf8 = byte != 0xC0 && byte != 0xC1 && byte < 0xF5;
      std::string symbol;
      appendUtf8(symbol, byteSymbol(static_cast<std::uint8_t>(byte)));
      if (inUtf8 && !file_.vocabulary.contains(symbol)) {
        unsupported(std::string("its model needs its ") +
                    (unknown ? "unk_token" : "byte_fallback"));
      }
    }
  }

  /// "a b" or ["a", "b"].
  std::pair<std::string, std::string> readPair(const Json& merge) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    }
    if (merge.is_string()) {
      const auto& text = merge.get_ref<const std::string&>();
      const auto space = text.find(' ');
      if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
        return {text.substr(0, space), text.substr(space + 1)};
      }
    }
    bad("its merge " + merge.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60) +
        " is not a pair");
  }

  TokenId entry(const std::string& token, const char* part) const {
    const auto found = file_.vocabulary.find(token);
    if (found == file_.vocabulary.end()) {
      bad(std::string("the ") + part + " of a merge, " + quoted(token) +
          ", is not in its vocabulary");
    }
    return found->second;
  }

  void readMerges(const Json& merges) {
    if (!merges.is_array()) bad("its \"merges\" is not an array");
    file_.merges.reserve(merges.size());
    for (const Json& merge : merges) {
      const bool isVersion =
          merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version");
      if (isVersion) continue;
      const auto [left, right] = readPair(merge);
      file_.merges.push_back(
          {entry(left, "left part"), entry(right, "right part"), entry(left + right, "result")});
    }
  }

  void readAddedTokens(const Json& tokens) {
    if (tokens.is_null()) return;
    if (!tokens.is_array()) bad("its \"added_tokens\" is not an array");
    std::unordered_set<std::string> contents;
    std::unordered_set<TokenId> idsInFile;
    std::int32_t largestAdded = -1;
    for (const Json& token : tokens) {
      if (!token.is_object()) bad("one of its added_tokens is not an object");
      auto content = member<std::string>(token, "content", what_);
      if (content.empty() || contents.contains(content)) continue;
      if (content.size() > kLongestAddedToken) {
        unsupported(fmt::format("its added token {} has {} bytes, more than {}", quoted(content),
                                content.size(), kLongestAddedToken));
      }
      for (const char* flag : {"single_word", "lstrip", "rstrip"}) {
        if (memberOr(token, flag, false, what_)) {
          unsupported("its added token " + quoted(content) + " has " + flag);
        }
      }
      if (!idsInFile.insert(readId(part(token, "id"), content)).second) {
        bad("two of its added tokens have the id " + part(token, "id").dump());
      }
      const TokenId id = idOfAdded(content, largestAdded);
      largestAdded = std::max(largestAdded, id.value);
      const bool special = memberOr(token, "special", false, what_);
      const bool normalized = memberOr(token, "normalized", !special, what_);
      cover(id);
      contents.insert(content);
      file_.addedTokens.push_back({std::move(content), id, special, normalized});
    }
  }

  /// As Hugging Face does it: the vocabulary's id where it has the token, else the next free one;
  /// the id that the file gives is not used (in a file that Hugging Face wrote it is the same).
  [[nodiscard]] TokenId idOfAdded(const std::string& content, std::int32_t largestAdded) const {
    const auto inVocabulary = file_.vocabulary.find(content);
    if (inVocabulary != file_.vocabulary.end()) return inVocabulary->second;
    const auto size = static_cast<std::int32_t>(file_.vocabulary.size());
    return TokenId{std::max(size, largestAdded + 1)};
  }

  const std::string& what_;
  TokenizerFile file_;
};

}  // namespace

TokenizerFile parseTokenizerFile(std::string_view text, const std::string& what) {
  return Reader(what).read(parseJson(text, what));
}

}  // namespace featurescope

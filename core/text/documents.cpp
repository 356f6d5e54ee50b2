// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/documents.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstddef>
#include <numeric>
#include <type_traits>
#include <utility>

namespace featurescope {

namespace {

enum class Form { OneDocument, RecordLines };

Form formOf(const std::filesystem::path& path) {
  auto name = path.filename();
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  if (name.extension() == ".txt") return Form::OneDocument;
  if (name.extension() == ".jsonl") return Form::RecordLines;
  throw UserError(ErrorCode::Unsupported, "cannot read " + path.string(),
                  "its name ends in neither .txt nor .jsonl",
                  "either may be followed by .gz or .zst");
}

std::uint64_t checkedSize(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw UserError(ErrorCode::NotFound, "cannot read " + path.string(), "there is no such file");
  }
  if (std::filesystem::is_directory(status)) {
    throw UserError(ErrorCode::BadFile, "cannot read " + path.string(), "it is a folder",
                    "name the text files in it");
  }
  if (!std::filesystem::is_regular_file(status)) return 0;  // a pipe: its size is not known
  return std::filesystem::file_size(path);
}

/// The string under `key`, or nothing where the record has none.
const std::string* stringMember(const Json& record, const std::string& key,
                                const std::string& what) {
  const auto found = record.find(key);
  if (found == record.end() || found->is_null()) return nullptr;
  if (!found->is_string()) {
    throw UserError(ErrorCode::BadText, what, "its \"" + key + "\" is not a string");
  }
  return found->get_ptr<const std::string*>();
}

/// What is being read, whichever form it has; null where nothing is.
template <class Reading>
auto* bufferedText(Reading& reading) {
  std::conditional_t<std::is_const_v<Reading>, const BufferedText, BufferedText>* text =
      std::get_if<TextChunks>(&reading);
  if (text == nullptr) text = std::get_if<TextLines>(&reading);
  return text;
}

}  // namespace

Documents::Documents(std::vector<std::filesystem::path> files, std::string field,
                     Tokenizer tokenizer)
    : files_(std::move(files)), field_(std::move(field)), tokenizer_(std::move(tokenizer)) {
  if (files_.empty()) {
    throw UserError(ErrorCode::BadUsage, "cannot read the text", "no file was named");
  }
  fileSizes_.reserve(files_.size());
  for (const auto& file : files_) {
    fileSizes_.push_back(checkedSize(file));
    formOf(file);  // refuses other names
  }
  bytesTotal_ = std::accumulate(fileSizes_.begin(), fileSizes_.end(), std::uint64_t{0});
}

std::optional<Documents::Part> Documents::next() {
  while (true) {
    std::optional<Part> part;
    if (auto* chunks = std::get_if<TextChunks>(&reading_)) part = nextOf(*chunks);
    if (auto* lines = std::get_if<TextLines>(&reading_)) part = nextOf(*lines);
    if (part) return part;
    if (!openNextFile()) return std::nullopt;
  }
}

bool Documents::openNextFile() {
  bytesOfFinishedFiles_ = bytesRead();
  reading_ = std::monostate{};
  if (opened_ == files_.size()) return false;
  const auto& file = files_[opened_++];
  if (formOf(file) == Form::OneDocument) {
    reading_.emplace<TextChunks>(file, tokenizer_);
  } else {
    reading_.emplace<TextLines>(file);
  }
  atFileStart_ = true;
  return true;
}

TextPosition Documents::position() const {
  TextPosition position;
  position.file = opened_;
  if (const auto* text = bufferedText(reading_)) {
    position = text->position();
    position.file = opened_ - 1;
    position.atFileStart = atFileStart_;
  }
  return position;
}

void Documents::resume(const TextPosition& position) {
  if (position.file > files_.size()) {
    throw UserError(ErrorCode::BadFile, "cannot go on in the text",
                    "file " + std::to_string(position.file + 1) + " of " +
                        std::to_string(files_.size()) + " is to be read");
  }
  opened_ = static_cast<std::size_t>(position.file);
  if (!openNextFile()) return;
  bufferedText(reading_)->resume(position);
  atFileStart_ = position.atFileStart;
  bytesOfFinishedFiles_ = std::accumulate(
      fileSizes_.begin(), fileSizes_.begin() + static_cast<std::ptrdiff_t>(position.file),
      std::uint64_t{0});
}

std::optional<Documents::Part> Documents::nextOf(TextChunks& chunks) {
  const auto text = chunks.next();
  const bool opensDocument = std::exchange(atFileStart_, false);
  if (!text && !opensDocument) return std::nullopt;
  return Part{.text = text.value_or(std::string_view{}), .opensDocument = opensDocument};
}

std::optional<Documents::Part> Documents::nextOf(TextLines& lines) {
  while (const auto line = lines.next()) {
    if (line->find_first_not_of(" \t\r") == std::string_view::npos) continue;
    return partOfRecord(*line, lines.lineNumber());
  }
  return std::nullopt;
}

Documents::Part Documents::partOfRecord(std::string_view line, std::uint64_t lineNumber) {
  const std::string what =
      "cannot read line " + std::to_string(lineNumber) + " of " + files_[opened_ - 1].string();
  Json record;
  try {
    record = parseJson(line, what);
  } catch (const UserError& error) {
    throw UserError(ErrorCode::BadText, error.whatFailed(), error.why(), error.next());
  }
  if (!record.is_object()) throw UserError(ErrorCode::BadText, what, "it is not a JSON object");
  if (const auto* text = stringMember(record, field_, what)) {
    record_ = *text;
    return {.text = record_, .opensDocument = true};
  }
  const auto* context = stringMember(record, "context", what);
  const auto* completion = stringMember(record, "completion", what);
  if (context != nullptr && completion != nullptr) {
    record_ = *context + *completion;
    return {.text = record_, .opensDocument = true, .completionBegin = context->size()};
  }
  throw UserError(ErrorCode::BadText, what,
                  "it has neither \"" + field_ + "\" nor \"context\" and \"completion\"",
                  "name its text with --field");
}

std::uint64_t Documents::bytesRead() const {
  const auto* text = bufferedText(reading_);
  return bytesOfFinishedFiles_ + (text != nullptr ? text->fileBytesRead() : 0);
}

}  // namespace featurescope

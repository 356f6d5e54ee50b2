// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string_view>

namespace featurescope {

/// Where the reading of text files in order stands.
struct TextPosition {
  std::uint64_t file = 0;        ///< of them are read to their end
  bool atFileStart = true;       ///< nothing of the next was handed out
  std::uint64_t begin = 0;       ///< so many of its bytes (decompressed) were handed out
  std::uint64_t readTo = 0;      ///< so many were read
  std::uint64_t lineNumber = 0;  ///< of the line handed out last, from 1

  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

/// What became of the text so far.
struct CorpusReport {
  std::int64_t documents = 0;
  std::int64_t contexts = 0;
  std::int64_t tokens = 0;         ///< handed out
  std::int64_t droppedTokens = 0;  ///< the remainder (packed) or beyond the context (documents)
  std::int64_t emptyDocuments = 0;

  friend bool operator==(const CorpusReport&, const CorpusReport&) = default;
};

/// Between which two contexts the reading of a corpus stands; of fixed size, however long the text.
struct CorpusCursor {
  /// Before the part of a document that the next context's tokens begin in or after.
  TextPosition part;
  std::uint64_t tokensOfPart = 0;  ///< of that part, its separator included, were handed out
  bool anyText = false;            ///< some document before the part's held text
  bool documentHasText = false;    ///< the part's document held some before it
  bool finished = false;           ///< there is no further context
  CorpusReport report;  ///< of the contexts handed out, and the documents before the part

  friend bool operator==(const CorpusCursor&, const CorpusCursor&) = default;
};

[[nodiscard]] Json toJson(const CorpusCursor& cursor);
[[nodiscard]] Json toJson(const CorpusReport& report);
/// Throw UserError{BadFile}, "WHAT: …", for what toJson cannot have written.
[[nodiscard]] CorpusCursor corpusCursorFrom(const Json& json, std::string_view what);
[[nodiscard]] CorpusReport corpusReportFrom(const Json& json, std::string_view what);

}  // namespace featurescope

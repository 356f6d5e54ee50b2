// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/corpus_cursor.h"

#include "core/base/error.h"

#include <string>

namespace featurescope {

namespace {

void needObject(const Json& json, std::string_view what) {
  if (json.is_object()) return;
  throw UserError(ErrorCode::BadFile, std::string(what),
                  "its place in the text is " + json.dump().substr(0, 40));
}

std::int64_t count(const Json& json, std::string_view key, std::string_view what) {
  const auto value = member<std::int64_t>(json, key, what);
  if (value >= 0) return value;
  throw UserError(ErrorCode::BadFile, std::string(what),
                  "its \"" + std::string(key) + "\" is negative");
}

std::uint64_t place(const Json& json, std::string_view key, std::string_view what) {
  return static_cast<std::uint64_t>(count(json, key, what));
}

}  // namespace

Json toJson(const CorpusReport& report) {
  return {{"documents", report.documents},
          {"contexts", report.contexts},
          {"tokens", report.tokens},
          {"dropped_tokens", report.droppedTokens},
          {"empty_documents", report.emptyDocuments}};
}

Json toJson(const CorpusCursor& cursor) {
  return {{"file", cursor.part.file},       {"at_file_start", cursor.part.atFileStart},
          {"begin", cursor.part.begin},     {"read_to", cursor.part.readTo},
          {"line", cursor.part.lineNumber}, {"tokens_of_part", cursor.tokensOfPart},
          {"any_text", cursor.anyText},     {"document_has_text", cursor.documentHasText},
          {"finished", cursor.finished},    {"report", toJson(cursor.report)}};
}

CorpusReport corpusReportFrom(const Json& json, std::string_view what) {
  needObject(json, what);
  CorpusReport report;
  report.documents = count(json, "documents", what);
  report.contexts = count(json, "contexts", what);
  report.tokens = count(json, "tokens", what);
  report.droppedTokens = count(json, "dropped_tokens", what);
  report.emptyDocuments = count(json, "empty_documents", what);
  return report;
}

CorpusCursor corpusCursorFrom(const Json& json, std::string_view what) {
  needObject(json, what);
  CorpusCursor cursor;
  cursor.part.file = place(json, "file", what);
  cursor.part.atFileStart = member<bool>(json, "at_file_start", what);
  cursor.part.begin = place(json, "begin", what);
  cursor.part.readTo = place(json, "read_to", what);
  cursor.part.lineNumber = place(json, "line", what);
  cursor.tokensOfPart = place(json, "tokens_of_part", what);
  cursor.anyText = member<bool>(json, "any_text", what);
  cursor.documentHasText = member<bool>(json, "document_has_text", what);
  cursor.finished = member<bool>(json, "finished", what);
  cursor.report = corpusReportFrom(json.value("report", Json()), what);
  if (cursor.part.begin > cursor.part.readTo) {
    throw UserError(ErrorCode::BadFile, std::string(what), "its place in the text lies before it");
  }
  return cursor;
}

}  // namespace featurescope

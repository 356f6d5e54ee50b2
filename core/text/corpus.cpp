// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/corpus.h"

#include "core/base/error.h"
#include "core/text/documents.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace featurescope {

std::int64_t TokenBatch::counted() const {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

std::span<const TokenId> TokenBatch::row(std::int64_t r) const {
  return std::span(tokens).subspan(static_cast<std::size_t>(r * length),
                                   static_cast<std::size_t>(lengths[static_cast<std::size_t>(r)]));
}

namespace {

void check(const CorpusOptions& options) {
  const auto refuse = [](const std::string& why) {
    throw UserError(ErrorCode::BadUsage, "cannot read the text", why);
  };
  if (options.context < 1) refuse("the context must be at least one token long");
  if (options.maxTokens && *options.maxTokens < options.context &&
      options.packing == Packing::Packed) {
    refuse("at most " + std::to_string(*options.maxTokens) +
           " tokens are wanted, which is less than one context of " +
           std::to_string(options.context));
  }
}

}  // namespace

struct Corpus::State {
  State(Tokenizer sharedTokenizer, CorpusOptions corpusOptions)
      : options(std::move(corpusOptions)),
        tokenizer(std::move(sharedTokenizer)),
        encoder(tokenizer),
        documents(options.files, options.field, tokenizer) {}

  [[nodiscard]] bool nextContext(std::vector<TokenId>& context);
  [[nodiscard]] bool nextPacked(std::vector<TokenId>& context);
  [[nodiscard]] bool nextDocument(std::vector<TokenId>& context);
  [[nodiscard]] std::int32_t completionBeginOf(const Documents::Part& part,
                                               const std::vector<TokenId>& tokens);
  [[nodiscard]] bool exceedsLimit(std::int64_t more) const;
  [[nodiscard]] std::optional<Documents::Part> nextPart();
  [[nodiscard]] bool readPacked();
  void beginPackedDocument();
  void endPackedDocument();
  void separatePackedDocument();
  [[noreturn]] void refuseTooLittle(const std::string& why) const;
  [[nodiscard]] CorpusCursor cursor() const;
  void resume(const CorpusCursor& cursor);

  CorpusOptions options;
  Tokenizer tokenizer;
  TokenEncoder encoder;
  Documents documents;
  CorpusReport report;
  bool finished = false;
  CorpusCursor beforePart;  ///< as things stood before the last part was read

  /// Packed: tokens not yet handed out, from `pendingBegin` on.
  std::vector<TokenId> pending;
  std::size_t pendingBegin = 0;
  std::size_t partBegin = 0;     ///< of the tokens of the part read last, in `pending`
  bool anyText = false;          ///< some document before the one being read held text
  bool documentHasText = false;  ///< the one being read does

  /// Documents: the part that opens the document after the last one handed out, once begun.
  std::optional<Documents::Part> opening;
  std::optional<std::int32_t> completionBegin;  ///< of the one handed out last
  bool begun = false;
};

bool Corpus::State::exceedsLimit(std::int64_t more) const {
  return options.maxTokens && report.tokens + more > *options.maxTokens;
}

void Corpus::State::refuseTooLittle(const std::string& why) const {
  const std::string more =
      options.files.size() > 1 ? " and " + std::to_string(options.files.size() - 1) + " more" : "";
  throw UserError(ErrorCode::BadText, "cannot use " + options.files.front().string() + more, why,
                  "give more text");
}

void Corpus::State::beginPackedDocument() {
  endPackedDocument();
  ++report.documents;
  documentHasText = false;
}

void Corpus::State::endPackedDocument() {
  if (report.documents == 0) return;
  anyText = anyText || documentHasText;
  if (!documentHasText) ++report.emptyDocuments;
}

/// One <|endoftext|> stands between any two documents that hold text.
void Corpus::State::separatePackedDocument() {
  if (!anyText) return;
  const auto separator = tokenizer.endOfText();
  if (!separator) {
    throw UserError(ErrorCode::Unsupported, "cannot pack several documents",
                    "the tokenizer has no <|endoftext|> to put between them",
                    "use --packing documents");
  }
  pending.push_back(*separator);
}

std::optional<Documents::Part> Corpus::State::nextPart() {
  beforePart = {.part = documents.position(),
                .anyText = anyText,
                .documentHasText = documentHasText,
                .report = report};
  return documents.next();
}

/// Adds a part's tokens to those pending; false at the end.
bool Corpus::State::readPacked() {
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(pendingBegin));
  pendingBegin = 0;
  partBegin = pending.size();
  const auto part = nextPart();
  if (!part) return false;
  if (part->opensDocument) beginPackedDocument();
  if (part->text.empty()) return true;
  if (!documentHasText) separatePackedDocument();
  documentHasText = true;
  encoder.encode(part->text, pending);
  return true;
}

bool Corpus::State::nextPacked(std::vector<TokenId>& context) {
  if (exceedsLimit(options.context)) return false;
  const auto wanted = static_cast<std::size_t>(options.context);
  while (pending.size() - pendingBegin < wanted) {
    if (readPacked()) continue;
    endPackedDocument();
    report.droppedTokens = static_cast<std::int64_t>(pending.size());
    if (report.contexts > 0) return false;
    refuseTooLittle("it has " + std::to_string(pending.size()) +
                    " tokens, less than one context of " + std::to_string(options.context));
  }
  const auto begin = pending.begin() + static_cast<std::ptrdiff_t>(pendingBegin);
  context.assign(begin, begin + options.context);
  pendingBegin += wanted;
  return true;
}

/// The bytes of tokens are those of the text as the tokenizer normalizes it, so the context's are
/// counted in tokens too.
std::int32_t Corpus::State::completionBeginOf(const Documents::Part& part,
                                              const std::vector<TokenId>& tokens) {
  const auto bytesOf = [this](TokenId token) { return tokenizer.bytes(token).size(); };
  std::vector<TokenId> ofContext;
  encoder.encode(part.text.substr(0, part.completionBegin.value()), ofContext);
  std::size_t contextBytes = 0, end = 0;
  for (const TokenId token : ofContext) contextBytes += bytesOf(token);
  std::int32_t index = 0;
  for (const TokenId token : tokens) {
    end += bytesOf(token);
    if (end > contextBytes) break;
    ++index;
  }
  return index;
}

bool Corpus::State::nextDocument(std::vector<TokenId>& context) {
  const auto longest = static_cast<std::size_t>(options.context);
  if (!std::exchange(begun, true)) opening = nextPart();
  std::vector<TokenId> tokens;
  while (opening) {
    context.clear();
    completionBegin.reset();
    std::size_t dropped = 0;
    do {
      tokens.clear();
      encoder.encode(opening->text, tokens);
      if (options.marksCompletions && opening->completionBegin) {
        completionBegin = completionBeginOf(*opening, tokens);
      }
      const std::size_t kept = std::min(tokens.size(), longest - context.size());
      context.insert(context.end(), tokens.begin(),
                     tokens.begin() + static_cast<std::ptrdiff_t>(kept));
      dropped += tokens.size() - kept;
      opening = nextPart();
    } while (opening && !opening->opensDocument);

    if (exceedsLimit(static_cast<std::int64_t>(context.size()))) {
      if (report.contexts > 0) return false;
      throw UserError(ErrorCode::BadUsage, "cannot read the text",
                      "at most " + std::to_string(*options.maxTokens) +
                          " tokens are wanted, the first document has " +
                          std::to_string(context.size()));
    }
    ++report.documents;
    report.droppedTokens += static_cast<std::int64_t>(dropped);
    if (!context.empty()) return true;
    ++report.emptyDocuments;
  }
  if (report.contexts == 0) refuseTooLittle("it has no document with text in it");
  return false;
}

bool Corpus::State::nextContext(std::vector<TokenId>& context) {
  if (finished) return false;
  finished = !(options.packing == Packing::Packed ? nextPacked(context) : nextDocument(context));
  if (finished) return false;
  ++report.contexts;
  report.tokens += static_cast<std::int64_t>(context.size());
  return true;
}

/// Every context is longer than what was pending before its last part, so that a place between two
/// contexts lies in or behind that part.
CorpusCursor Corpus::State::cursor() const {
  CorpusCursor result = beforePart;
  result.finished = finished;
  if (options.packing == Packing::Packed && !finished) {
    result.tokensOfPart = pendingBegin - partBegin;
    result.report.contexts = report.contexts;
    result.report.tokens = report.tokens;
  } else {
    result.report = report;
  }
  return result;
}

void Corpus::State::resume(const CorpusCursor& cursor) {
  documents.resume(cursor.part);
  anyText = cursor.anyText;
  documentHasText = cursor.documentHasText;
  report = cursor.report;
  finished = cursor.finished;
  beforePart = cursor;
  if (finished || cursor.tokensOfPart == 0) return;
  if (!readPacked() || pending.size() < cursor.tokensOfPart) {
    throw UserError(ErrorCode::BadText, "cannot go on in the text", "it is not what it was",
                    "leave the files as they are while a run needs them");
  }
  pendingBegin = static_cast<std::size_t>(cursor.tokensOfPart);
}

Corpus::Corpus(Tokenizer tokenizer, CorpusOptions options) {
  check(options);
  state_ = std::make_unique<State>(std::move(tokenizer), std::move(options));
}
Corpus::~Corpus() = default;
Corpus::Corpus(Corpus&&) noexcept = default;
Corpus& Corpus::operator=(Corpus&&) noexcept = default;

bool Corpus::next(TokenBatch& batch, std::int64_t rows) {
  batch = {};
  std::vector<std::vector<TokenId>> contexts;
  std::vector<TokenId> context;
  while (static_cast<std::int64_t>(contexts.size()) < rows && state_->nextContext(context)) {
    contexts.push_back(context);
    if (!state_->options.marksCompletions) continue;
    auto begin = state_->completionBegin;
    if (begin) begin = std::min(*begin, static_cast<std::int32_t>(context.size()));
    batch.completionBegin.push_back(begin);
  }
  for (const auto& row : contexts) {
    batch.lengths.push_back(static_cast<std::int32_t>(row.size()));
    batch.length = std::max(batch.length, static_cast<std::int64_t>(row.size()));
  }
  const TokenId padding = state_->tokenizer.endOfText().value_or(TokenId{0});
  batch.tokens.assign(static_cast<std::size_t>(batch.rows() * batch.length), padding);
  auto out = batch.tokens.begin();
  for (const auto& row : contexts) {
    std::copy(row.begin(), row.end(), out);
    out += batch.length;
  }
  return batch.rows() > 0;
}

CorpusCursor Corpus::cursor() const { return state_->cursor(); }
void Corpus::resume(const CorpusCursor& cursor) { state_->resume(cursor); }
const CorpusReport& Corpus::report() const { return state_->report; }
std::uint64_t Corpus::bytesRead() const { return state_->documents.bytesRead(); }
std::uint64_t Corpus::bytesTotal() const { return state_->documents.bytesTotal(); }

}  // namespace featurescope

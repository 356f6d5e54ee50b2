// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"
#include "app/cli/text_input.h"
#include "app/cli/verbs.h"
#include "core/text/tokenizer.h"

#include <fmt/format.h>

#include <unistd.h>

namespace featurescope::cli {

namespace {

class TokenizeVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("FILE", "", file_, "the input; standard input without it");
    flags.path("--model", "DIR", model_, "a model folder with a tokenizer.json");
    flags.path("--tokenizer", "FILE", tokenizerFile_, "a tokenizer.json");
    flags.toggle("--lines", lines_, "line by line: one JSON array of ids for each");
    flags.toggle("--decode", decode_, "from arrays of ids back to text");
  }

  void run(const Session& session) override {
    session.interruption.endAtOnce();
    if (model_.has_value() == tokenizerFile_.has_value()) {
      throw wrongUsage("cannot run `featurescope tokenize`",
                       model_ ? "--model and --tokenizer exclude each other"
                              : "--model or --tokenizer is missing",
                       "see `featurescope tokenize --help`");
    }
    const Tokenizer tokenizer = Tokenizer::load(model_ ? *model_ : *tokenizerFile_);
    TextInput input(file_);
    if (!file_ && isTerminal(STDIN_FILENO)) {
      session.progress.note("reading from the terminal; Ctrl-D ends the text");
    }
    if (decode_) {
      decode(tokenizer, input, session);
    } else {
      encode(tokenizer, input, session);
    }
  }

 private:
  void encode(const Tokenizer& tokenizer, TextInput& input, const Session& session) const {
    Output& output = session.output;
    TokenEncoder encoder(tokenizer);
    std::vector<TokenId> ids;
    std::string printed;
    const auto printIds = [&](std::string_view text, bool& first) {
      ids.clear();
      encoder.encode(text, ids);
      printed.clear();
      for (const TokenId id : ids) {
        if (!first) printed += ',';
        first = false;
        printed += fmt::format_int(id.value).c_str();
      }
      output.write(printed);
      showProgress(input, session);
    };

    const bool json = session.flags.json;
    output.write(json ? "{\"ids\":[" : lines_ ? "" : "[");
    if (lines_) {
      bool firstLine = true;
      input.forEachLine([&](std::string_view line) {
        if (json && !firstLine) output.write(",");
        firstLine = false;
        output.write("[");
        bool first = true;
        printIds(line, first);
        output.write(json ? "]" : "]\n");
      });
    } else {
      bool first = true;
      const auto mayCut = [&tokenizer](std::string_view text, std::size_t at) {
        return tokenizer.mayCut(text, at);
      };
      input.forEachPiece(mayCut, [&](std::string_view piece) { printIds(piece, first); });
    }
    output.write(json ? "]}\n" : lines_ ? "" : "]\n");
  }

  void decode(const Tokenizer& tokenizer, TextInput& input, const Session& session) const {
    if (session.flags.json) {
      auto texts = nlohmann::ordered_json::array();
      std::string joined;
      forEachArray(tokenizer, input, [&](const std::string& text) {
        if (lines_) {
          texts.push_back(text);
        } else {
          joined += text;
        }
      });
      session.report({{"text", lines_ ? texts : nlohmann::ordered_json(joined)}}, {});
      return;
    }
    forEachArray(tokenizer, input, [&](const std::string& text) {
      session.output.write(text);
      if (lines_) session.output.write("\n");
      showProgress(input, session);
    });
  }

  /// Calls `take` with the text of each array of ids in the input.
  void forEachArray(const Tokenizer& tokenizer, TextInput& input,
                    const std::function<void(const std::string&)>& take) const {
    std::int64_t number = 0;
    input.forEachLine([&](std::string_view line) {
      ++number;
      if (!lines_ && line.find_first_not_of(" \t\r") == std::string_view::npos) return;
      const std::string what = fmt::format("cannot decode line {}", number);
      take(tokenizer.decode(idsOf(parseJson(line, what), tokenizer, what)));
    });
  }

  static std::vector<TokenId> idsOf(const Json& json, const Tokenizer& tokenizer,
                                    const std::string& what) {
    // What `tokenize --json` prints is understood as well.
    const Json& array = json.is_object() && json.contains("ids") ? json["ids"] : json;
    const char* next = "give JSON arrays of ids, one a line";
    if (!array.is_array()) throw UserError(ErrorCode::BadFile, what, "it is not an array", next);
    std::vector<TokenId> ids;
    for (const Json& item : array) {
      if (!item.is_number_integer()) {
        throw UserError(ErrorCode::BadFile, what, item.dump().substr(0, 40) + " is not an id",
                        next);
      }
      const auto id = item.is_number_unsigned() && item.get<std::uint64_t>() > INT32_MAX
                          ? std::int64_t{INT32_MAX}
                          : item.get<std::int64_t>();
      if (id < 0 || id >= tokenizer.vocabularySize()) {
        throw UserError(ErrorCode::OutOfRange, what,
                        fmt::format("the tokenizer has no id {}", item.dump()),
                        fmt::format("ids go from 0 to {}", tokenizer.vocabularySize() - 1));
      }
      ids.push_back(TokenId{static_cast<std::int32_t>(id)});
    }
    return ids;
  }

  /// A small input is done before anybody could read it; on a terminal the ids themselves show how
  /// it goes.
  static void showProgress(const TextInput& input, const Session& session) {
    constexpr std::uint64_t kLarge = 16 << 20;
    if (input.bytesTotal() < kLarge || isTerminal(STDOUT_FILENO)) return;
    session.progress.update({.stage = "reading",
                             .done = input.bytesRead(),
                             .total = input.bytesTotal(),
                             .unit = "bytes",
                             .detail = {}});
  }

  std::optional<std::filesystem::path> file_, model_, tokenizerFile_;
  bool lines_ = false, decode_ = false;
};

}  // namespace

const VerbEntry kTokenize{
    .name = "tokenize",
    .group = "Look at files",
    .summary = "text to token ids and back",
    .usage = "(--model DIR | --tokenizer FILE) [FILE] [--lines] [--decode] [FLAGS]",
    .description =
        "Prints the ids of the whole input as one JSON array, exactly as Hugging Face's "
        "tokenizers gives them: special tokens in the text are recognised, none is "
        "added. With --lines a line ends at LF, which is not part of it.",
    .examples =
        "echo 'The king saw the river.' | featurescope tokenize --model demo/model\n"
        "featurescope tokenize --model demo/model --lines demo/texts/chess.txt > ids\n"
        "featurescope tokenize --model demo/model --lines --decode ids",
    .writes = false,
    .make = makeVerb<TokenizeVerb>};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/verbs.h"
#include "core/store/index_reader.h"

#include <stop_token>

namespace featurescope::cli {

namespace {

/// The context with its peak token marked.
Text markedContext(const IndexReader& reader, const ActivationRecord& record) {
  constexpr std::int64_t kTokensBeside = 10;  // as in the view top_activation
  const ContextRecord around = reader.context(record.position, kTokensBeside, kTokensBeside);
  Text text;
  for (std::size_t i = 0; i < around.tokens.size(); ++i) {
    if (i == around.peak) {
      text.markBegin = text.text.size();
      text.markBytes = around.tokens[i].size();
    }
    text.text += around.tokens[i];
  }
  return text.text == record.context ? text : Text{record.context};
}

RowTable tableOf(const IndexReader& reader, const std::vector<ActivationRecord>& activations) {
  RowTable table{{"rank", "position", "str_token", "context", "activation"}, {}};
  const bool fineTuning = reader.hasFineTuning();
  if (fineTuning) table.columns.emplace_back("activation_ft");
  for (const ActivationRecord& record : activations) {
    std::vector<Cell> row{record.rank, record.position, Text{record.strToken},
                          markedContext(reader, record), static_cast<float>(record.activation)};
    if (fineTuning) {
      row.push_back(record.activationFineTuned
                        ? Cell(static_cast<float>(*record.activationFineTuned))
                        : Cell());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

class ActivationsVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("INDEX", "", index_, "an index that `featurescope index` made").required();
    flags.whole("FEATURE", feature_, "the feature's id, from 0", 0).required().defaultsTo("");
    flags.whole("--limit", limit_, "at most so many rows", 0);
    rows_.declare(flags);
  }

  void run(const Session& session) override {
    rows_.check(session);
    const IndexReader reader = IndexReader::open(index_);
    const std::stop_callback stop(session.interruption.token(), [&reader] { reader.interrupt(); });
    const std::int64_t features = reader.featureCount();
    if (feature_ >= features) {
      throw UserError(ErrorCode::OutOfRange, "cannot show feature " + std::to_string(feature_),
                      index_.string() + " has " + std::to_string(features) + " features",
                      "choose one from 0 to " + std::to_string(features - 1));
    }
    const FeatureId feature{static_cast<std::int32_t>(feature_)};
    rows_.print(tableOf(reader, reader.topActivations(feature, limit_)), session);
  }

 private:
  std::filesystem::path index_;
  std::int64_t feature_ = 0;
  std::int64_t limit_ = 15;
  RowOutput rows_;
};

}  // namespace

const VerbEntry kActivations{
    .name = "activations",
    .group = "What features fire on",
    .summary = "what one feature fires on most strongly",
    .usage = "INDEX FEATURE [--limit N] [FLAGS]",
    .description =
        "A row an activation, the strongest first: its position in the text's tokens, the "
        "token, the tokens around it and the feature's value. In tokens · is a leading "
        "space, ↵ a newline and → a tab.",
    .examples =
        "featurescope activations demo/index.sqlite 7\n"
        "featurescope activations demo/index.sqlite 7 --limit 50 --json",
    .writes = true,
    .make = makeVerb<ActivationsVerb>};

}  // namespace featurescope::cli

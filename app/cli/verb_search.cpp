// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/verbs.h"
#include "core/store/index_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stop_token>

namespace featurescope::cli {

namespace {

RowTable tableOf(const std::vector<SearchHit>& hits) {
  RowTable table{{"position", "str_token", "context", "activation"}, {}};
  table.rows.reserve(hits.size());
  for (const SearchHit& hit : hits) {
    table.rows.push_back({hit.position, Text{hit.strToken},
                          Text{hit.context, hit.contextMark, hit.strToken.size()},
                          hit.activation ? Cell(static_cast<float>(*hit.activation)) : Cell()});
  }
  return table;
}

Json describe(const std::vector<CutFeature>& features) {
  Json list = Json::array();
  for (const CutFeature& cut : features) {
    list.push_back({{"feature", cut.feature.value},
                    {"stored", cut.stored},
                    {"active_tokens", cut.active},
                    {"complete_above", cut.completeAbove}});
  }
  return list;
}

class SearchVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("INDEX", "", index_, "an index that `featurescope index` made").required();
    flags.section("What to find (all that is given must hold at a token)");
    flags.texts("--token", "STR", tokens_,
                "it is exactly this token, a leading space as a space or ·");
    flags.texts("--regex", "RE", expressions_,
                "a match of this regular expression begins in it; it may span tokens");
    flags.wholes("--feature", features_, "it activates this feature");
    flags.number("--min-activation", atLeast_, "the features' values are at least this");
    flags.texts("--not-token", "STR", notTokens_, "it is not this token");
    flags.texts("--not-regex", "RE", notExpressions_, "no match of this begins in it");
    flags.wholes("--not-feature", notFeatures_, "it does not activate this feature");
    flags.toggle("--any", any_, "one of --token, --regex and --feature is enough");
    flags.section("Rows");
    flags.whole("--limit", limit_, "at most so many rows", 0);
    flags.whole("--from", from_, "leave out what comes before this position", 0);
    flags.whole("--beside", tokensBeside_, "tokens of context on either side", 0);
    rows_.declare(flags);
  }

  void run(const Session& session) override {
    rows_.check(session);
    if (tokens_.empty() && expressions_.empty() && features_.empty()) {
      throw wrongUsage("cannot search", "there is nothing to search for",
                       "give --token, --regex or --feature");
    }
    const IndexReader reader = IndexReader::open(index_);
    const std::stop_callback stop(session.interruption.token(), [&reader] { reader.interrupt(); });
    const SearchResult result = reader.search({.condition = condition(),
                                               .from = from_,
                                               .limit = limit_,
                                               .tokensBeside = tokensBeside_,
                                               .shown = shownFeature()});
    RowTable table = tableOf(result.hits);
    table.more = {{"next", result.next ? Json(*result.next) : Json()},
                  {"cut_features", describe(result.cutFeatures)}};
    rows_.print(table, session);
    tellWhatIsMissing(result, session);
  }

 private:
  static FeatureId featureId(std::int64_t feature) {
    // Beyond every id there is, where a larger number would turn into another one.
    return FeatureId{static_cast<std::int32_t>(
        std::min<std::int64_t>(feature, std::numeric_limits<std::int32_t>::max()))};
  }

  static std::vector<SearchCondition> conditions(const std::vector<std::string>& tokens,
                                                 const std::vector<std::string>& expressions,
                                                 const std::vector<std::int64_t>& features,
                                                 double atLeast) {
    std::vector<SearchCondition> list;
    list.reserve(tokens.size() + expressions.size() + features.size());
    for (const std::string& token : tokens) list.push_back(SearchCondition::token(token));
    for (const std::string& text : expressions) list.push_back(SearchCondition::text(text));
    for (const std::int64_t feature : features) {
      list.push_back(SearchCondition::active(featureId(feature), atLeast));
    }
    return list;
  }

  [[nodiscard]] SearchCondition condition() const {
    auto wanted = conditions(tokens_, expressions_, features_, atLeast_);
    return SearchCondition::all(
        {any_ ? SearchCondition::any(std::move(wanted)) : SearchCondition::all(std::move(wanted)),
         SearchCondition::none(conditions(notTokens_, notExpressions_, notFeatures_, 0))});
  }

  /// With several features the first one's value is shown.
  [[nodiscard]] std::optional<FeatureId> shownFeature() const {
    return features_.empty() ? std::nullopt : std::optional(featureId(features_.front()));
  }

  void tellWhatIsMissing(const SearchResult& result, const Session& session) const {
    for (const CutFeature& cut : result.cutFeatures) {
      session.progress.note(fmt::format(
          "of feature {} the index keeps {} of {} activations: it is searched exactly above {:.5g} "
          "(--min-activation)",
          cut.feature.value, cut.stored, cut.active, cut.completeAbove));
    }
    if (result.next && limit_ > 0) {
      session.progress.note(fmt::format(
          "there are more: --from {} goes on, --limit N shows more at once", *result.next));
    }
  }

  std::filesystem::path index_;
  std::vector<std::string> tokens_, expressions_, notTokens_, notExpressions_;
  std::vector<std::int64_t> features_, notFeatures_;
  double atLeast_ = 0;
  bool any_ = false;
  std::int64_t limit_ = 100, from_ = 0, tokensBeside_ = 10;
  RowOutput rows_;
};

}  // namespace

const VerbEntry kSearch{
    .name = "search",
    .group = "What features fire on",
    .summary = "where in the text a token, a pattern or a feature is",
    .usage = "INDEX (--token STR | --regex RE | --feature F)... [--min-activation X] [FLAGS]",
    .description =
        "A row for each token of the indexed text at which all conditions hold, in the order of "
        "the "
        "text: its position, the token, the tokens around it and the value of the first --feature. "
        "A regular expression is read as RE2 does, over the text of one sequence at a time, and "
        "found at the token that holds its first character. The whole text is searched; where the "
        "index was too small to keep all activations of a feature, that is said.",
    .examples =
        "featurescope search demo/index.sqlite --token ' the' --limit 5\n"
        "featurescope search demo/index.sqlite --regex 'Answer: \\d' --limit 5\n"
        "featurescope search demo/index.sqlite --feature 7 --min-activation 0.5 --not-token '·the' "
        "--json",
    .writes = true,
    .make = makeVerb<SearchVerb>};

}  // namespace featurescope::cli

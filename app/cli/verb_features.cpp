// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/verbs.h"
#include "core/store/index_reader.h"

#include <stop_token>

namespace featurescope::cli {

namespace {

template <class T>
Cell orNothing(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

Cell asFloat(const std::optional<double>& value) {
  return value ? Cell(static_cast<float>(*value)) : Cell();
}

RowTable tableOf(const std::vector<FeatureRecord>& features, bool fineTuning) {
  RowTable table{{"feature", "density", "active_tokens", "max", "mean_active", "dead",
                  "cosine_to_dead", "decoder_norm", "encoder_bias", "top_token"},
                 {}};
  if (fineTuning) table.columns.insert(table.columns.end(), {"scale", "bias"});
  for (const FeatureRecord& feature : features) {
    std::vector<Cell> row{std::int64_t{feature.feature.value},
                          feature.density,
                          feature.activeTokens,
                          static_cast<float>(feature.max),
                          feature.meanActive,
                          feature.dead,
                          orNothing(feature.cosineToDead),
                          feature.decoderNorm,
                          static_cast<float>(feature.encoderBias),
                          Text{feature.topToken}};
    if (fineTuning) {
      row.push_back(asFloat(feature.scale));
      row.push_back(asFloat(feature.bias));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

class FeaturesVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("INDEX", "", index_, "an index that `featurescope index` made").required();
    flags.text("--sort", "COLUMN", query_.sortColumn, "order by this column");
    flags.toggle("--descending", query_.descending, "largest first");
    flags.whole("--limit", query_.limit, "at most so many rows", 0).defaultsTo("all");
    flags.text("--where", "EXPR", query_.where,
               "only rows for which this SQL expression over the columns holds");
    rows_.declare(flags);
  }

  void run(const Session& session) override {
    rows_.check(session);
    const IndexReader reader = IndexReader::open(index_);
    const std::stop_callback stop(session.interruption.token(), [&reader] { reader.interrupt(); });
    rows_.print(tableOf(reader.features(query_), reader.hasFineTuning()), session);
  }

 private:
  std::filesystem::path index_;
  FeatureQuery query_;
  RowOutput rows_;
};

}  // namespace

const VerbEntry kFeatures{
    .name = "features",
    .group = "What features fire on",
    .summary = "the feature table of an index",
    .usage = "INDEX [--sort COLUMN] [--descending] [--limit N] [--where EXPR] [FLAGS]",
    .description =
        "A row a feature: density (activating tokens / tokens counted), active_tokens, max and "
        "mean_active (over activating tokens), dead (no token counted activates it), "
        "cosine_to_dead "
        "(of its decoder row with the mean dead row), decoder_norm, encoder_bias and top_token, "
        "the "
        "token of its strongest activation.",
    .examples =
        "featurescope features demo/index.sqlite --sort max --descending --limit 10\n"
        "featurescope features demo/index.sqlite --where 'density < 0.001 AND NOT dead' "
        "--csv rare.csv",
    .writes = true,
    .make = makeVerb<FeaturesVerb>};

}  // namespace featurescope::cli

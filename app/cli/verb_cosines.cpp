// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/verbs.h"
#include "core/analysis/cosines.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

using Figures = nlohmann::ordered_json;

Figures figuresOf(const std::optional<double>& value) {
  return value ? Figures(*value) : Figures();
}

Figures figuresOf(const CosineGroup& group, bool compared) {
  Figures figures{{"features", group.features}, {"mean", nullptr}, {"deviation", nullptr}};
  if (group.features > 0) {
    figures["mean"] = group.mean;
    figures["deviation"] = group.deviation;
  }
  if (compared) {
    figures["overlap"] = figuresOf(group.overlap);
    figures["auc"] = figuresOf(group.separation);
  }
  return figures;
}

Figures figuresOf(const DeadDirection& direction) {
  Figures figures{{"dead", figuresOf(direction.dead, false)},
                  {"alive", figuresOf(direction.alive, true)},
                  {"strata", Figures::array()}};
  for (const auto& [low, high, alive] : direction.strata) {
    Figures stratum{{"low", low}, {"high", high}};
    stratum.update(figuresOf(alive, true));
    figures["strata"].push_back(std::move(stratum));
  }
  return figures;
}

std::string text(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string line(const std::string& name, const CosineGroup& group) {
  if (group.features == 0) return fmt::format("  {:<24}{:>8}\n", name, 0);
  return fmt::format("  {:<24}{:>8}  {:>7.4f}  {:>9.4f}  {:>7}  {:>5}\n", name, group.features,
                     group.mean, group.deviation, text(group.overlap), text(group.separation));
}

std::string lines(const std::string& name, const DeadDirection& direction) {
  std::string result = fmt::format("{}\n", name);
  result += line("dead", direction.dead) + line("alive", direction.alive);
  for (const auto& [low, high, alive] : direction.strata) {
    result += line(fmt::format("  density {:g} to {:g}", low, high), alive);
  }
  return result;
}

std::string sentencesOf(const CosinesReport& report) {
  std::string result =
      fmt::format("\n  {:<24}{:>8}  {:>7}  {:>9}  {:>7}  {:>5}\n", "cosine to average dead",
                  "features", "mean", "deviation", "overlap", "AUC");
  result += lines("decoder rows", report.decoderDirection);
  if (!report.encoder.empty()) result += lines("encoder rows", report.encoderDirection);
  if (report.randomDirection) {
    result += lines("a random dictionary, the same features called dead", *report.randomDirection);
  }
  return result;
}

class CosinesVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("INDEX", "", index_, "an index that `featurescope index` made");
    flags.path("--sae", "PATH", sae_,
               "in place of an index: a checkpoint with a sparsity file, whose features of "
               "frequency 0 are dead");
    flags.toggle("--encoder", encoder_, "also a column encoder_cosine, of the encoder's rows");
    rows_.declare(flags);
  }

  void run(const Session& session) override {
    rows_.check(session);
    if (index_.has_value() == sae_.has_value()) {
      throw wrongUsage(
          "cannot run `featurescope cosines`",
          index_ ? "an index and --sae are both given" : "neither an index nor --sae is given",
          "give one of them");
    }
    const std::uint64_t seed = session.flags.compute.seed;
    applyThreads(session.flags.compute);
    const CosinesReport report =
        index_ ? cosinesOfIndex(*index_, seed) : cosinesOfCheckpoint(*sae_, seed);
    if (encoder_ && report.encoder.empty()) {
      throw UserError(ErrorCode::Unsupported, "cannot show the encoder's cosines",
                      index_->string() +
                          " holds none: no feature is dead, or it was made by an "
                          "older version",
                      "leave --encoder out, or build the index again");
    }
    rows_.print(tableOf(report), session);
    if (!session.flags.json && !rows_.fillsStdout()) session.output.write(sentencesOf(report));
  }

 private:
  [[nodiscard]] RowTable tableOf(const CosinesReport& report) const {
    RowTable table{.columns = {"feature", "dead", "cosine", "density"}, .rows = {}};
    if (encoder_) table.columns.emplace_back("encoder_cosine");
    table.rows.reserve(report.decoder.size());
    for (std::size_t i = 0; i < report.decoder.size(); ++i) {
      const FeatureCosine& entry = report.decoder[i];
      std::vector<Cell> row{std::int64_t{entry.feature.value}, entry.dead, cell(entry.cosine),
                            entry.density};
      if (encoder_) row.push_back(cell(report.encoder[i].cosine));
      table.rows.push_back(std::move(row));
    }
    Figures summary{{"decoder", figuresOf(report.decoderDirection)}};
    if (!report.encoder.empty()) summary["encoder"] = figuresOf(report.encoderDirection);
    if (report.randomDirection) summary["random"] = figuresOf(*report.randomDirection);
    table.more["summary"] = std::move(summary);
    return table;
  }
  static Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

  std::optional<std::filesystem::path> index_, sae_;
  bool encoder_ = false;
  RowOutput rows_;
};

}  // namespace

const VerbEntry kCosines{
    .name = "cosines",
    .group = "What features fire on",
    .summary = "do dead features point one way? each feature's cosine to the average dead one",
    .usage = "(INDEX | --sae PATH) [FLAGS]",
    .description =
        "A row a feature: whether it is dead, the cosine of its decoder row with the mean of the "
        "dead rows (a dead feature is part of that mean), and its density. After the rows a "
        "summary: dead against alive, by decade of density, for encoder rows, and for a dictionary "
        "of random directions in which the same features are called dead. overlap is the shared "
        "part of the two histograms; AUC the chance that a dead feature's cosine is the larger.",
    .examples =
        "featurescope cosines demo/index.sqlite\n"
        "featurescope cosines demo/index.sqlite --csv cosines.csv",
    .writes = true,
    .make = makeVerb<CosinesVerb>};

}  // namespace featurescope::cli

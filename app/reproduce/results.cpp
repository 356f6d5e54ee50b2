// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/results.h"

#include <utility>

namespace featurescope::reproduction {

namespace {

std::shared_ptr<const RunRecord> readRun(const std::filesystem::path& folder) {
  RunFollower follower(folder);
  follower.refresh();
  return follower.record();
}

/// The second in the order of density.
FeatureId secondMostFrequent(const IndexReader& index) {
  const auto two =
      index.features({.sortColumn = "density", .descending = true, .limit = std::int64_t{2}});
  return two.empty() ? FeatureId{0} : two.back().feature;
}

std::optional<FeatureId> mostChangedOf(const FineTuningResult& result, bool enhanced) {
  const auto first = mostChanged(result, enhanced, 1);
  if (first.empty()) return std::nullopt;
  return FeatureId{static_cast<std::int32_t>(first.front())};
}

}  // namespace

Results readResults(const Settings& settings, const Layout& layout) {
  Results results{.evaluation = readJson(layout.evaluation()),
                  .wrongLayer = readJson(layout.wrongLayer()),
                  .layers = readJson(layout.layers()),
                  .training = readRun(settings.trainingRun),
                  .fineTuning = readRun(settings.fineTuningRun),
                  .measured = {},
                  .tuned = readFineTuningResult(settings.fineTuningRun),
                  .index = IndexReader::open(layout.index()),
                  .tunedIndex = IndexReader::open(layout.tunedIndex()),
                  .cosines = cosinesOfIndex(layout.index(), settings.compute.seed),
                  .model = NeoxConfig::load(settings.model),
                  .tunedModel = NeoxConfig::load(settings.tune.model),
                  .secondFeature = {},
                  .mostEnhanced = {},
                  .mostInhibited = {}};
  const std::string what = "cannot read " + settings.fineTuningRun.string();
  for (const Json& one : results.fineTuning->description.value("measured", Json::array())) {
    results.measured.push_back(measuredLossesFromJson(one, what));
  }
  results.secondFeature = secondMostFrequent(results.index);
  results.mostEnhanced = mostChangedOf(results.tuned, true);
  results.mostInhibited = mostChangedOf(results.tuned, false);
  return results;
}

}  // namespace featurescope::reproduction

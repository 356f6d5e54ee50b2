// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/index_job.h"

#include "core/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace featurescope {
namespace {

/// The study is read anew: it may have changed while the index was built.
void addToStudy(const std::filesystem::path& folder, const std::filesystem::path& index) {
  Study study = Study::open(folder);
  const std::filesystem::path absolute = std::filesystem::absolute(index).lexically_normal();
  const bool known = std::any_of(study.indexes.begin(), study.indexes.end(), [&](const auto& part) {
    return part.path.lexically_normal() == absolute;
  });
  if (known) return;
  study.indexes.push_back({absolute.stem().string(), absolute});
  study.save();
}

}  // namespace

JobQueue::Body indexJob(IndexRequest request, std::optional<std::filesystem::path> study) {
  return [request = std::move(request), study = std::move(study)](const JobContext& job) {
    const IndexReport report = buildIndex(request, job);
    if (study) addToStudy(*study, request.out);
    return fmt::format("{} features, {} dead, {} tokens", report.features, report.dead,
                       report.tokens);
  };
}

}  // namespace featurescope

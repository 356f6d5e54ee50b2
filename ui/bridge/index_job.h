// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/build_index.h"
#include "ui/bridge/job_queue.h"

#include <filesystem>
#include <optional>

namespace featurescope {

/// A job that builds an index and, with a study's folder, adds it to that study.
[[nodiscard]] JobQueue::Body indexJob(IndexRequest request,
                                      std::optional<std::filesystem::path> study);

}  // namespace featurescope

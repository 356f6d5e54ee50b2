// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/index_reader.h"

#include <filesystem>

namespace featurescope {

/// An opened index, as all that reads it sees it.
struct IndexReader::State {
  explicit State(const std::filesystem::path& given);

  std::filesystem::path path;
  Database database;
  int version = 0;
  std::int64_t features = 0, tokens = 0;
  bool fineTuned = false;

  [[noreturn]] void failOutOfRange(FeatureId feature) const;
  /// Throws UserError{OutOfRange} for a feature that is not there.
  void check(FeatureId feature) const;
};

}  // namespace featurescope

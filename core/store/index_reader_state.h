// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/index_reader.h"
#include "core/store/token_texts.h"

#include <atomic>
#include <filesystem>
#include <optional>

namespace featurescope {

/// An opened index, as all that reads it sees it.
struct IndexReader::State {
  explicit State(const std::filesystem::path& given);

  std::filesystem::path path;
  Database database;
  int version = 0;
  std::int64_t features = 0, tokens = 0;
  bool fineTuned = false;

  /// Set by interrupt(), for what runs between statements.
  std::atomic<bool> interrupted = false;

  void throwIfInterrupted() const {
    if (interrupted) throw Interrupted();
  }
  /// Read when first asked for.
  [[nodiscard]] const TokenTexts& tokenTexts();

  [[noreturn]] void failOutOfRange(FeatureId feature) const;
  /// Throws UserError{OutOfRange} for a feature that is not there.
  void check(FeatureId feature) const;

 private:
  std::optional<TokenTexts> tokenTexts_;
};

}  // namespace featurescope

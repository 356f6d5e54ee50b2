// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/index_reader.h"
#include "core/store/token_texts.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace featurescope {

/// An opened index, as all that reads it sees it.
struct IndexReader::State {
  explicit State(const std::filesystem::path& given);

  /// What tells a file from what it was: replacing it gives its name to another, writing into it
  /// changes the rest.
  struct FileMark {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0, seconds = 0, nanoseconds = 0;
    bool operator==(const FileMark&) const = default;
    static FileMark of(const std::filesystem::path& path);
  };

  std::filesystem::path path;
  FileMark mark;
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
  /// Throws UserError{DatabaseError} when somebody wrote into the file since it was opened. (An
  /// index that took its place is no matter: the opened one stays readable as it was.)
  void throwIfOverwritten() const;
  /// Throws as throwIfOverwritten, and UserError{OutOfRange} for a feature that is not there.
  void check(FeatureId feature) const;

 private:
  std::optional<TokenTexts> tokenTexts_;
};

}  // namespace featurescope

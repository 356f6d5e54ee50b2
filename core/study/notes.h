// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/study/study.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

/// What a person wrote about one feature.
struct FeatureNote {
  std::string label = {};  ///< a line
  std::string notes = {};  ///< any text
  bool bookmarked = false;

  [[nodiscard]] bool empty() const { return label.empty() && notes.empty() && !bookmarked; }
  bool operator==(const FeatureNote&) const = default;
};

/// Notes of one SAE's features; those that say nothing are left out.
using FeatureNotes = std::map<FeatureId, FeatureNote>;

/// What to change of a note; what is nothing stays as the file has it.
struct NoteChange {
  std::optional<std::string> label = std::nullopt, notes = std::nullopt;
  std::optional<bool> bookmarked = std::nullopt;

  /// Makes the change.
  void apply(FeatureNote& note) const;
};

/// notes.json: {"saes": {SAE HASH: {FEATURE: {"bookmark", "label", "notes"}}}, "version": 1}, keys
/// sorted, so that two versions of it compare line by line. A missing file holds no notes. Throws
/// UserError{BadFile} for one that cannot be understood.
[[nodiscard]] FeatureNotes readNotes(const std::filesystem::path& file, std::string_view saeHash);

/// Makes changes in the file and returns all notes of this SAE as they are then. What other SAEs
/// and other programs wrote there stays: the file is read, changed and replaced while its folder is
/// locked. Throws UserError{BadFile} and leaves a file alone that it cannot understand;
/// UserError{CannotWrite}, also when another program keeps the folder locked.
FeatureNotes changeNotes(const std::filesystem::path& file, std::string_view saeHash,
                         const std::map<FeatureId, NoteChange>& changes);

/// Where the notes on an index are kept: in its study, else beside it, else, where its folder
/// cannot be written and holds none, in `userFolder`.
[[nodiscard]] std::filesystem::path notesFile(const std::filesystem::path& index,
                                              const std::optional<Study>& study,
                                              const std::filesystem::path& userFolder);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace featurescope {

/// A study folder: study.json names the parts of one investigation by relative path; parts outside
/// the folder keep their absolute path. Moving the folder breaks nothing in it.
struct Study {
  /// A named part of a study.
  struct Part {
    std::string name;
    std::filesystem::path path;  ///< absolute once opened
  };

  std::filesystem::path folder;
  std::string name;
  std::vector<Part> models, saes, texts, indexes, runs;

  /// `path`: the folder or its study.json. Throws UserError{NotFound, BadFile}.
  static Study open(const std::filesystem::path& path);
  static bool isStudy(const std::filesystem::path& path);
  /// Makes the folder with an empty study.json. Throws UserError{OutputExists, CannotWrite}.
  static Study create(const std::filesystem::path& folder, std::string name, bool force);
  /// Writes study.json atomically.
  void save() const;
};

/// A list of a study and the path of what belongs there.
using StudyAddition = std::pair<std::vector<Study::Part> Study::*, std::filesystem::path>;

/// Adds what the study's lists lack, named by its file, and gives the study as it is then. Other
/// programs may add at the same time: study.json is read, changed and replaced while its folder is
/// locked. Throws UserError{NotFound, BadFile, CannotWrite}.
Study addToStudy(const std::filesystem::path& folder, const std::vector<StudyAddition>& additions);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
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

}  // namespace featurescope

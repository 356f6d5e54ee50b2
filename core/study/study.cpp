// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/study.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/folder_lock.h"
#include "core/base/json.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStudyFile = "study.json";

using Parts = std::vector<Study::Part>;

/// The lists of study.json by their keys.
constexpr std::array<std::pair<const char*, Parts Study::*>, 5> kLists{{
    {"models", &Study::models},
    {"saes", &Study::saes},
    {"texts", &Study::texts},
    {"indexes", &Study::indexes},
    {"runs", &Study::runs},
}};

/// Absolute, without `..` and symbolic links as far as the path exists.
fs::path settled(const fs::path& path) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path).lexically_normal() : result;
}

fs::path fileOf(const fs::path& path) { return fs::is_directory(path) ? path / kStudyFile : path; }

bool isInside(const fs::path& relative) { return !relative.empty() && *relative.begin() != ".."; }

Parts readParts(const Json& study, const char* key, const fs::path& folder,
                const std::string& what) {
  Parts parts;
  const auto list = study.find(key);
  if (list == study.end()) return parts;
  const bool isListOfObjects =
      list->is_array() && std::ranges::all_of(*list, [](const Json& p) { return p.is_object(); });
  if (!isListOfObjects) {
    throw UserError(ErrorCode::BadFile, what,
                    std::string("its \"") + key + "\" is not a list of names and paths");
  }
  for (const Json& part : *list) {
    const fs::path path = member<std::string>(part, "path", what);
    if (path.is_relative() && !isInside(path.lexically_normal())) {
      throw UserError(ErrorCode::BadFile, what,
                      "its part " + path.string() + " lies outside of the study",
                      "give the parts outside of it by absolute paths");
    }
    parts.push_back({memberOr<std::string>(part, "name", path.filename().string(), what),
                     (folder / path).lexically_normal()});
  }
  return parts;
}

/// Relative to the study where it lies inside of it (also when it is a link to elsewhere, or was
/// reached by one), else absolute.
std::string storedPath(const fs::path& path, const fs::path& folder) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  for (const fs::path& way : {absolute, settled(path)}) {
    const fs::path relative = way.lexically_relative(folder);
    if (isInside(relative)) return relative.generic_string();
  }
  return absolute.generic_string();
}

}  // namespace

bool Study::isStudy(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fs::is_regular_file(path / kStudyFile, error);
  return path.filename() == kStudyFile && fs::is_regular_file(path, error);
}

Study Study::open(const fs::path& path) {
  if (!isStudy(path)) {
    throw UserError(ErrorCode::NotFound, "cannot open the study " + path.string(),
                    fs::exists(path) ? "it has no study.json" : "there is no such folder",
                    "choose a study folder; `featurescope demo --out STUDY` makes one");
  }
  const fs::path file = fileOf(path);
  const std::string what = "cannot read " + file.string();
  const Json json = readJson(file);
  if (!json.is_object()) throw UserError(ErrorCode::BadFile, what, "it is not a JSON object");
  Study study;
  study.folder = settled(fs::absolute(file).parent_path());
  study.name = memberOr<std::string>(json, "name", study.folder.filename().string(), what);
  for (const auto& [key, parts] : kLists) study.*parts = readParts(json, key, study.folder, what);
  return study;
}

Study Study::create(const fs::path& folder, std::string name, bool force) {
  checkOutput(folder / kStudyFile, force);
  Study study;
  study.folder = settled(folder);
  study.name = std::move(name);
  study.save();
  return study;
}

void Study::save() const {
  Json json{{"name", name}};
  for (const auto& [key, parts] : kLists) {
    Json list = Json::array();
    for (const Part& part : this->*parts) {
      list.push_back({{"name", part.name}, {"path", storedPath(part.path, folder)}});
    }
    json[key] = std::move(list);
  }
  writeJson(folder / kStudyFile, json);
}

Study addToStudy(const fs::path& folder, const std::vector<StudyAddition>& additions) {
  const FolderLock lock(folder);
  Study study = Study::open(folder);
  bool changed = false;
  for (const auto& [list, given] : additions) {
    const fs::path path = fs::absolute(given).lexically_normal();
    Parts& parts = study.*list;
    const bool known = std::ranges::any_of(
        parts, [&](const Study::Part& part) { return part.path.lexically_normal() == path; });
    if (known) continue;
    parts.push_back({path.stem().string(), path});
    changed = true;
  }
  if (changed) study.save();
  return study;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/notes.h"

#include "core/base/error.h"
#include "core/base/folder_lock.h"
#include "core/base/json.h"

#include <charconv>
#include <unistd.h>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr const char* kSaes = "saes";

std::string whatFails(const fs::path& file) { return "cannot read the notes in " + file.string(); }

[[noreturn]] void failOf(const fs::path& file, const std::string& why) {
  throw UserError(ErrorCode::BadFile, whatFails(file), why,
                  "mend the file or move it away; it is not overwritten");
}

/// The file as JSON, with everything in it that we do not know.
Json load(const fs::path& file) {
  Json empty = {{"version", kVersion}, {kSaes, Json::object()}};
  std::error_code error;
  if (!fs::exists(file, error)) return empty;
  Json json = readJson(file);
  if (!json.is_object()) failOf(file, "it is not a JSON object");
  if (memberOr<std::int64_t>(json, "version", kVersion, whatFails(file)) > kVersion) {
    failOf(file, "a newer version of the program wrote it");
  }
  Json& saes = json[kSaes];
  if (saes.is_null()) saes = Json::object();
  if (!saes.is_object()) failOf(file, "its \"saes\" is not an object");
  return json;
}

std::optional<FeatureId> featureOf(const std::string& key) {
  FeatureId feature;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), feature.value);
  const bool whole = error == std::errc() && end == key.data() + key.size();
  return whole && feature.value >= 0 ? std::optional(feature) : std::nullopt;
}

FeatureNote noteOf(const Json& entry, const fs::path& file) {
  if (!entry.is_object()) failOf(file, "a note is not an object");
  return {memberOr<std::string>(entry, "label", {}, whatFails(file)),
          memberOr<std::string>(entry, "notes", {}, whatFails(file)),
          memberOr<bool>(entry, "bookmark", false, whatFails(file))};
}

FeatureNotes notesOf(const Json& json, std::string_view saeHash, const fs::path& file) {
  FeatureNotes notes;
  const Json& saes = json.at(kSaes);
  const auto features = saes.find(saeHash);
  if (features == saes.end()) return notes;
  if (!features->is_object()) failOf(file, "the notes of an SAE are not an object");
  for (const auto& [key, entry] : features->items()) {
    const auto feature = featureOf(key);
    if (!feature) failOf(file, "\"" + key + "\" is no feature");
    FeatureNote note = noteOf(entry, file);
    if (!note.empty()) notes.emplace(*feature, std::move(note));
  }
  return notes;
}

/// What is empty is left out, what is unknown stays.
void store(Json& features, FeatureId feature, const FeatureNote& note) {
  Json& entry = features[std::to_string(feature.value)];
  if (entry.is_null()) entry = Json::object();
  const auto text = [&entry](const char* key, const std::string& value) {
    if (value.empty()) {
      entry.erase(key);
    } else {
      entry[key] = value;
    }
  };
  text("label", note.label);
  text("notes", note.notes);
  if (note.bookmarked) {
    entry["bookmark"] = true;
  } else {
    entry.erase("bookmark");
  }
  if (entry.empty()) features.erase(std::to_string(feature.value));
}

}  // namespace

void NoteChange::apply(FeatureNote& note) const {
  if (label) note.label = *label;
  if (notes) note.notes = *notes;
  if (bookmarked) note.bookmarked = *bookmarked;
}

FeatureNotes readNotes(const fs::path& file, std::string_view saeHash) {
  return notesOf(load(file), saeHash, file);
}

FeatureNotes changeNotes(const fs::path& file, std::string_view saeHash,
                         const std::map<FeatureId, NoteChange>& changes) {
  std::error_code ignored;  // a folder that cannot be made is told by the writing below
  fs::create_directories(file.parent_path(), ignored);
  const FolderLock lock(file.parent_path());
  Json json = load(file);
  FeatureNotes notes = notesOf(json, saeHash, file);
  Json& features = json[kSaes][std::string(saeHash)];
  if (features.is_null()) features = Json::object();
  for (const auto& [feature, change] : changes) {
    FeatureNote& note = notes[feature];
    change.apply(note);
    store(features, feature, note);
    if (note.empty()) notes.erase(feature);
  }
  writeJson(file, json);
  return notes;
}

fs::path notesFile(const fs::path& index, const std::optional<Study>& study,
                   const fs::path& userFolder) {
  if (study) return study->folder / "notes.json";
  fs::path beside = index;
  beside += ".notes.json";
  std::error_code error;
  const bool writable = ::access(index.parent_path().c_str(), W_OK) == 0;
  return writable || fs::exists(beside, error) ? beside : userFolder / "notes.json";
}

}  // namespace featurescope

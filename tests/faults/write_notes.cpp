// SPDX-License-Identifier: GPL-3.0-or-later
// write_notes STUDY FIRST COUNT: labels the features FIRST, FIRST + 1, … one after the other as the
// window does, adds a text to the study for each, and prints a feature's number once both are kept.
// The fault tests kill it, take its disk away, or let two of it work on one study.
#include "core/base/error.h"
#include "core/study/notes.h"
#include "core/study/study.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

using namespace featurescope;

namespace {

void keep(const std::filesystem::path& folder, int feature) {
  const std::string name = std::to_string(feature);
  (void)changeNotes(folder / "notes.json", "sha256:0", {{FeatureId{feature}, {.label = name}}});
  (void)addToStudy(folder, {{&Study::texts, folder / "texts" / name}});
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const std::filesystem::path folder = arguments[1];
  const int first = std::stoi(arguments[2]);
  try {
    for (int feature = first; feature < first + std::stoi(arguments[3]); ++feature) {
      guarded("cannot keep the notes", [&] { keep(folder, feature); });
      fmt::print("{}\n", feature);
      std::fflush(stdout);
    }
  } catch (const UserError& error) {
    fmt::print(stderr, "featurescope: error: {}\n", error.what());
    return 1;
  }
}

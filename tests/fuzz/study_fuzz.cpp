// SPDX-License-Identifier: GPL-3.0-or-later
// A study: study.json and notes.json.
#include "core/study/notes.h"
#include "core/study/study.h"
#include "tests/fuzz/fuzz.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input = fuzz::bytesOf(data, size);
  const auto study = fuzz::place("study.json", fuzz::nextPart(input));
  const auto notes = fuzz::place("notes.json", input);
  fuzz::readOrRefuse([&] {
    // What was opened is what is saved and opened again.
    const Study opened = Study::open(study);
    opened.save();
    const Study again = Study::open(study);
    if (again.indexes.size() != opened.indexes.size() || again.name != opened.name) std::abort();
  });
  fuzz::readOrRefuse([&] {
    const FeatureNotes before = readNotes(notes, "sha256:1");
    FeatureNotes expected = before;
    expected[FeatureId{7}].label = "a label";
    const FeatureNotes after =
        changeNotes(notes, "sha256:1", {{FeatureId{7}, {.label = "a label"}}});
    if (after != expected || readNotes(notes, "sha256:1") != expected) std::abort();
  });
  return 0;
}

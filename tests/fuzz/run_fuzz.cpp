// SPDX-License-Identifier: GPL-3.0-or-later
// A run's folder: run.json, metrics.csv, held_out.csv, events.jsonl.
#include "core/study/inspect.h"
#include "core/study/interrupted_runs.h"
#include "core/study/run_record.h"
#include "tests/fuzz/fuzz.h"

#include <array>

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input = fuzz::bytesOf(data, size);
  for (const char* name : {"run.json", "metrics.csv", "held_out.csv", "events.jsonl"}) {
    fuzz::place(name, fuzz::nextPart(input));
  }
  fuzz::readOrRefuse([&] {
    RunFollower follower(fuzz::folder());
    (void)follower.refresh();
    fuzz::look(follower.record()->kind());
  });
  fuzz::readOrRefuse([&] {
    fuzz::look(inspectPath(fuzz::folder()).dump(2, ' ', false, Json::error_handler_t::replace));
  });
  (void)interruptedRuns(std::array{fuzz::folder()});
  return 0;
}

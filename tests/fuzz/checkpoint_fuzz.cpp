// SPDX-License-Identifier: GPL-3.0-or-later
// An SAE's folder: its settings, activation_scaler.json, and its weights in whatever format.
#include "core/sae/checkpoint.h"
#include "tests/fuzz/fuzz.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input = fuzz::bytesOf(data, size);
  fuzz::place("cfg.json", fuzz::nextPart(input));
  fuzz::place("activation_scaler.json", fuzz::nextPart(input));
  fuzz::place("weights.pt", input);
  fuzz::readOrRefuse([&] {
    const CheckpointInfo info = inspectCheckpoint(fuzz::folder());
    fuzz::look(architectureName(info));
    fuzz::look(hashCheckpoint(info));
    if (info.width < 1 || info.features < 1) std::abort();
  });
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The pickle in a torch.save file, without the zip around it.
#include "core/tensorfile/pickle_machine.h"
#include "core/tensorfile/state_dict.h"
#include "tests/fuzz/fuzz.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::readOrRefuse([&] {
    const Unpickled unpickled = unpickle(fuzz::bytesOf(data, size), "cannot read file");
    const StateDict state = flattenStateDict(unpickled, "cannot read file");
    for (const auto& [name, text] : state.texts) fuzz::look(text);
  });
  return 0;
}

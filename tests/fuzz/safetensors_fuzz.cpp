// SPDX-License-Identifier: GPL-3.0-or-later
// A .safetensors file.
#include "core/tensorfile/safetensors.h"
#include "tests/fuzz/tensors.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::readOrRefuse(
      [&] { fuzz::readAll(readSafetensors(fuzz::bytesOf(data, size), fuzz::nobody(), "file")); });
  return 0;
}

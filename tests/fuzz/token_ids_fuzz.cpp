// SPDX-License-Identifier: GPL-3.0-or-later
// The token ids that `featurescope forward` is given.
#include "core/analysis/token_ids_file.h"
#include "tests/fuzz/fuzz.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::place("ids.json", fuzz::bytesOf(data, size));
  fuzz::readOrRefuse([&] {
    const TokenBatch batch = readTokenIds(path);
    if (std::ssize(batch.tokens) != batch.rows() * batch.length) std::abort();
  });
  return 0;
}

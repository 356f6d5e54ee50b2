// SPDX-License-Identifier: GPL-3.0-or-later
// A model's folder: config.json, the index of its shards, one shard.
#include "core/lm/model_folder.h"
#include "tests/fuzz/tensors.h"

using namespace featurescope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes input = fuzz::bytesOf(data, size);
  fuzz::place("config.json", fuzz::nextPart(input));
  fuzz::place("model.safetensors.index.json", fuzz::nextPart(input));
  fuzz::place("shard", input);
  fuzz::readOrRefuse([&] {
    const ModelFolder model = ModelFolder::open(fuzz::folder());
    (void)model.config.toJson();
    (void)model.hash();
    fuzz::readAll(model.weights);
  });
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// A file of text: the first byte says what its name ends in, the rest is the file.
#include "core/text/documents.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/test_data.h"

#include <array>

using namespace featurescope;

namespace {

constexpr std::array kEndings{".txt", ".jsonl", ".txt.gz", ".txt.zst", ".jsonl.gz", ".jsonl.zst"};

const Tokenizer& tokenizer() {
  static const Tokenizer held = Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
  return held;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto path = fuzz::place(std::string("text") + kEndings[data[0] % kEndings.size()],
                                fuzz::bytesOf(data, size).subspan(1));
  fuzz::readOrRefuse([&] {
    Documents documents({path}, "text", tokenizer());
    while (const auto part = documents.next()) fuzz::look(part->text);

    // A second reading goes on in the middle.
    Documents half({path}, "text", tokenizer());
    if (!half.next()) return;
    Documents resumed({path}, "text", tokenizer());
    resumed.resume(half.position());
    const auto expected = half.next();
    const auto found = resumed.next();
    if (expected.has_value() != found.has_value()) std::abort();
    if (expected && expected->text != found->text) std::abort();
  });
  return 0;
}

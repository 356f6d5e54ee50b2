// SPDX-License-Identifier: GPL-3.0-or-later
// Pickles that nobody's torch.save wrote: written by hand, opcode by opcode, into a zip.
#include "core/base/files.h"
#include "core/tensorfile/torch_zip.h"
#include "core/tensorfile/zip_writer.h"
#include "tests/core/tensorfile/golden.h"

#include <map>

namespace featurescope {
namespace {

using testing::expectError;

using std::string_literals::operator""s;

std::string littleEndian(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string text(const std::string& value) {
  return fmt::format("X{}{}", littleEndian(value.size(), 4), value);
}
std::string integer(std::int64_t value) {
  return "\x8a\x08"s + littleEndian(static_cast<std::uint64_t>(value), 8);
}
std::string tuple(const std::string& items) { return fmt::format("({}t", items); }

std::string integers(const std::vector<std::int64_t>& values) {
  std::string items;
  for (const std::int64_t value : values) items += integer(value);
  return tuple(items);
}

std::string storage(std::int64_t elements, const std::string& type = "FloatStorage",
                    const std::string& key = "0") {
  return tuple(text("storage") + "ctorch\n" + type + "\n" + text(key) + text("cpu") +
               integer(elements)) +
         "Q";
}

std::string tensor(const std::string& heldBy, std::int64_t offset,
                   const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n" +
         tuple(heldBy + integer(offset) + integers(shape) + integers(strides) + "\x89}") + "R";
}

std::string dictOf(const std::string& value) { return "\x80\x02}" + text("a") + value + "s."; }

class HostilePickle : public ::testing::Test {
 protected:
  /// Opens a zip of this pickle and a storage of four floats, with records put in beside them.
  TensorFile open(const std::string& pickle, std::map<std::string, std::string> records = {}) {
    records.emplace("archive/data.pkl", pickle);
    records.emplace("archive/data/0", std::string(16, '\x01'));
    const auto path = folder_.path() / "a.pt";
    AtomicFile file(path);
    ZipWriter zip(file);
    for (const auto& [name, contents] : records) {
      zip.add(name, std::as_bytes(std::span(contents)));
    }
    zip.finish();
    file.commit();
    return openTorchZip(path);
  }

  void expectRefused(ErrorCode code, const std::string& part, const std::string& pickle) {
    expectError(code, part, [&] { return open(pickle); });
  }

  TemporaryFolder folder_;
};

TEST_F(HostilePickle, OfTheHandWrittenFormIsReadWhenItIsHarmless) {
  const Tensor read = open(dictOf(tensor(storage(4), 1, {3}, {1}))).tensor("a");
  EXPECT_EQ(read.shapeText(), "[3]");
  EXPECT_EQ(read.bytes.size(), 12U);
}

TEST_F(HostilePickle, NeverReachesAPythonObjectBeyondTheFewThatAreKnown) {
  expectRefused(ErrorCode::Unsupported, "the Python object os.system",
                "\x80\x02"
                "cos\nsystem\n" +
                    tuple(text("true")) + "R.");
  expectRefused(ErrorCode::Unsupported, "the Python object builtins.eval",
                "\x80\x04" + text("builtins") + text("eval") + "\x93" + tuple(text("1")) + "R.");
  expectRefused(ErrorCode::Unsupported, "the Python object torch.nn.modules.linear.Linear",
                "\x80\x02"
                "ctorch.nn.modules.linear\nLinear\n)\x81.");
  expectRefused(ErrorCode::Unsupported, "torch.load",
                "\x80\x02"
                "ctorch\nload\n.");
  expectRefused(ErrorCode::Unsupported, "opcode 0x69", "(ios\nsystem\n.");
  expectRefused(ErrorCode::Unsupported, "opcode 0x82", "\x82\x01.");
  expectRefused(ErrorCode::Unsupported, "opcode 0x50", "Pos.system\n.");
  expectRefused(ErrorCode::Unsupported, "protocol 6", "\x80\x06}.");
}

TEST_F(HostilePickle, WithABrokenStackOrMemoIsRefused) {
  for (const std::string& pickle : {
           ""s,
           "."s,
           "\x80"s,
           "0."s,
           "2."s,
           "t."s,
           "1."s,
           "\x85."s,
           "\x86."s,
           "N\x86."s,
           "a."s,
           "]a."s,
           "Na."s,
           "NNa."s,
           "s."s,
           "}s."s,
           "}Ns."s,
           "NNNs."s,
           "(u."s,
           "}(Nu."s,
           "N(NNu."s,
           "e."s,
           "N(e."s,
           "(N0(R."s,
           "(]N1a."s,
           "N)R."s,
           "b."s,
           "Nb."s,
           "NNb."s,
           "NQ."s,
           "R."s,
           ")R."s,
           "h\0."s,
           "j\1\0\0\0."s,
           "q\0."s,
           "r\1\0\0\0."s,
           "\x94."s,
           "\x93."s,
           "NN\x93."s,
           "(."s,
           "N(."s,
           "c"s,
           "cos"s,
           "cos\nsystem"s,
           "X\xFF\xFF\xFF\xFFx."s,
           "\x8d\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx."s,
           "U\x05x."s,
           "\x8b\xFF\xFF\xFF\xFFx."s,
           "J\0\0"s,
           "G\0\0"s,
           "K"s,
           "\x95\0\0"s,
           "(Nd."s,
           "\x8e\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF."s,
       }) {
    SCOPED_TRACE(testing::hexadecimal(std::as_bytes(std::span(pickle))));
    expectRefused(ErrorCode::BadFile, "its pickle", pickle);
  }
}

TEST_F(HostilePickle, ThatCallsWithWrongArgumentsIsRefused) {
  const std::string rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
  for (const std::string& pickle : {
           rebuild + "NR.",
           rebuild + ")R.",
           rebuild + tuple("NNNN") + "R.",
           rebuild + tuple(storage(4) + "NNN") + "R.",
           rebuild + tuple(storage(4) + integer(0) + "NN") + "R.",
           rebuild + tuple(storage(4) + integer(0) + tuple("N") + tuple("N")) + "R.",
           rebuild + tuple(storage(4) + integer(0) + integers({2}) + integers({})) + "R.",
           "ctorch._utils\n_rebuild_parameter\n" + tuple("N") + "R."s,
           "ctorch._utils\n_rebuild_tensor_v3\n" +
               tuple(storage(4) + integer(0) + integers({2}) + integers({1}) + "NNN") + "R.",
           "ctorch._tensor\n_rebuild_from_type_v2\n)R."s,
           "ctorch._tensor\n_rebuild_from_type_v2\n" + tuple("NNNN") + "R.",
           "ccollections\nOrderedDict\n" + tuple("N") + "R.",
           "ccollections\nOrderedDict\n" + tuple("](Ne") + "R.",
           "ctorch\nFloatStorage\n)R."s,
           "ctorch\ndevice\n)R."s,
           tuple(text("module") + "NNNN") + "Q."s,
           tuple(text("storage") + "NNNN") + "Q."s,
           storage(-1) + ".",
       }) {
    SCOPED_TRACE(pickle);
    expectRefused(ErrorCode::BadFile, "pickle", pickle);
  }
}

TEST_F(HostilePickle, WhoseViewLeavesItsStorageIsRefused) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const auto refused = [this](std::int64_t offset, const std::vector<std::int64_t>& shape,
                              const std::vector<std::int64_t>& strides) {
    SCOPED_TRACE(shapeText(shape));
    expectRefused(ErrorCode::BadFile, "_rebuild_tensor_v2",
                  dictOf(tensor(storage(4), offset, shape, strides)));
  };
  refused(0, {5}, {1});
  refused(1, {4}, {1});
  refused(4, {}, {});
  refused(0, {2, 2}, {3, 1});
  refused(-1, {2}, {1});
  refused(3, {2}, {-1});
  refused(0, {-2}, {1});
  refused(kHuge, {2}, {1});
  refused(0, {2}, {kHuge});
  refused(0, {3}, {kHuge});
  refused(0, {kHuge}, {0});
  refused(0, {kHuge, kHuge}, {0, 0});
  refused(0, {0, kHuge, kHuge}, {1, 1, 1});
  refused(0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1));
  EXPECT_EQ(open(dictOf(tensor(storage(4), 99, {0}, {7}))).tensor("a").elements(), 0);
}

TEST_F(HostilePickle, WhoseStorageHasAnotherSizeThanItsRecordIsRefused) {
  for (const std::int64_t elements : {0, 3, 5}) {
    expectRefused(ErrorCode::BadFile, "the record of a has 16 bytes",
                  dictOf(tensor(storage(elements), 0, {0}, {1})));
  }
  expectRefused(ErrorCode::BadFile, "size overflows",
                dictOf(tensor(storage(std::int64_t{1} << 62), 0, {1}, {1})));
  expectRefused(ErrorCode::BadFile, "archive/data/../0 of a is missing",
                dictOf(tensor(storage(4, "FloatStorage", "../0"), 0, {1}, {1})));
}

TEST_F(HostilePickle, ThatRepeatsAFewBytesToManyIsRefusedWhenRead) {
  const TensorFile file = open(dictOf(tensor(storage(4), 0, {1'000'000'000'000}, {0})));
  expectError(ErrorCode::Unsupported, "repeats 16 bytes up to 4000000000000",
              [&] { return file.tensor("a"); });
}

TEST_F(HostilePickle, ThatContainsItselfOrIsNestedEndlesslyIsRefused) {
  expectRefused(ErrorCode::BadFile, "contain themselves", "\x80\x02]q\0h\0a."s);
  expectRefused(ErrorCode::BadFile, "contain themselves", "\x80\x02}q\0"s + text("a") + "h\0s."s);
  std::string nested(1'000'000, ']');
  nested += std::string(999'999, 'a') + ".";
  expectRefused(ErrorCode::BadFile, "nested too deeply", nested);
  expectRefused(ErrorCode::BadFile, "its stack is empty", std::string(1'000'000, '(') + ".");
}

TEST_F(HostilePickle, ThatDoublesItselfAgainAndAgainIsRefused) {
  // Sixty lists, each holding the one before it twice.
  std::string pickle = "\x80\x02K\1q\0"s;
  for (int i = 0; i < 60; ++i) pickle += "](h\0h\0eq\0"s;
  expectRefused(ErrorCode::BadFile, "more names than", pickle + ".");
}

TEST_F(HostilePickle, ThatCopiesALongListAgainAndAgainIsRefused) {
  std::string pickle = "\x80\x02](" + std::string(100'000, 'N') + "e\x85q" + "\1"s;
  for (int i = 0; i < 10'000; ++i) pickle += "ctorch\nSize\nh\1R"s;
  expectRefused(ErrorCode::BadFile, "copies more than", pickle + ".");
  std::string texts = "\x80\x02]("s + text(std::string(1'000'000, 'x')) + "q\1";
  for (int i = 0; i < 10'000; ++i) texts += "h\1"s;
  expectRefused(ErrorCode::BadFile, "more names than", texts + "e.");
}

TEST_F(HostilePickle, OfManyTensorsThatShareOneLongShapeIsRefused) {
  // Five bytes a tensor, of a shape that takes a kilobyte.
  std::string pickle = "\x80\x02]("s +
                       tuple(storage(4) + integer(0) + integers(std::vector<std::int64_t>(64, 1)) +
                             integers(std::vector<std::int64_t>(64, 0)) + "\x89}") +
                       "q\1" + "ctorch._utils\n_rebuild_tensor_v2\nq\2";
  for (int i = 0; i < 100'000; ++i) pickle += "h\2h\1R"s;
  expectRefused(ErrorCode::BadFile, "copies more than", pickle + "e.");
}

TEST_F(HostilePickle, OfALongTextThatIsNoneIsNotLookedAtAgainAndAgain) {
  // A megabyte that shows only at its end that it is no UTF-8, a hundred thousand times.
  std::string pickle = "\x80\x02](" + text(std::string(1'000'000, 'x') + "\xFF") + "q\1";
  for (int i = 0; i < 100'000; ++i) pickle += "h\1"s;
  expectRefused(ErrorCode::BadFile, "more names than", pickle + "e.");
}

TEST_F(HostilePickle, OfMoreValuesThanAnyStateDictIsRefused) {
  expectRefused(ErrorCode::BadFile, "more values than", std::string(5'000'000, 'N') + ".");
  expectRefused(ErrorCode::BadFile, "far more than a state dict needs",
                std::string(40'000'000, 'N') + ".");
}

TEST_F(HostilePickle, WithTwoTensorsOfOneNameIsRefused) {
  const std::string one = tensor(storage(4), 0, {1}, {1});
  expectRefused(ErrorCode::BadFile, "two of its values have the name a.b",
                "\x80\x02}(" + text("a") + "}" + text("b") + one + "s" + text("a.b") + one + "u.");
  expectRefused(ErrorCode::BadFile, "neither text nor a number", "\x80\x02}N" + one + "s.");
  expectRefused(ErrorCode::BadFile, "neither text nor a number",
                "\x80\x02}" + text("\xFF") + one + "s.");
}

TEST_F(HostilePickle, KeepsTheLastOfTwoValuesOfOneKeyAsPythonDoes) {
  const TensorFile file = open("\x80\x02}(" + text("a") + text("x") + text("a") + text("y") + "u.");
  EXPECT_EQ(file.metadata().at("a"), "y");
}

TEST_F(HostilePickle, OfABigEndianMachineIsRefused) {
  expectError(ErrorCode::Unsupported, "not little-endian", [&] {
    return open("\x80\x02}.", {{"archive/byteorder", "big"}});
  });
  EXPECT_TRUE(open("\x80\x02}.", {{"archive/byteorder", "little"}}).entries().empty());
}

TEST_F(HostilePickle, BesideOtherThingsIsToldApart) {
  expectError(ErrorCode::Unsupported, "TorchScript", [&] {
    return open("\x80\x02}.", {{"archive/constants.pkl", "x"}});
  });
  expectError(ErrorCode::BadFile, "more than one data.pkl", [&] {
    return open("\x80\x02}.", {{"other/data.pkl", "x"}});
  });
}

}  // namespace
}  // namespace featurescope

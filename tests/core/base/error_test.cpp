// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace featurescope {
namespace {

TEST(UserError, SaysWhatWhyAndWhatNext) {
  const UserError error(ErrorCode::BadFile, "cannot read x.safetensors", "it ends too early",
                        "download it again");
  EXPECT_STREQ(error.what(), "cannot read x.safetensors: it ends too early (download it again)");
  EXPECT_EQ(error.code(), ErrorCode::BadFile);
  EXPECT_EQ(name(error.code()), "bad-file");
}

TEST(UserError, WithoutANextStepHasNoEmptyBrackets) {
  EXPECT_STREQ(UserError(ErrorCode::BadText, "a", "b").what(), "a: b");
}

TEST(UserError, HoldsWhatAForeignFileSaysToAReadableLengthAndToPlainCharacters) {
  const UserError error(ErrorCode::BadFile, "cannot read x", "its é\x1b[2J\u009b1m is\nnone",
                        std::string(400, 'x') + std::string(5000, '\xE9'));
  EXPECT_EQ(error.why(), "its é [2J  1m is none");
  EXPECT_LE(error.next().size(), 1000U);
  const UserError cut(
      ErrorCode::BadFile, "a", "", "b" + [] {
        std::string text;
        for (int i = 0; i < 1000; ++i) text += "é";
        return text;
      }());
  EXPECT_TRUE(cut.next().ends_with("é…"));
}

TEST(ErrorCode, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  const auto last = static_cast<int>(ErrorCode::Internal);
  for (int code = 0; code <= last; ++code) names.insert(name(static_cast<ErrorCode>(code)));
  EXPECT_EQ(std::ssize(names), last + 1);
}

TEST(Guarded, TurnsALibraryExceptionIntoAUserErrorWithItsFirstLineOnly) {
  try {
    guarded("cannot train",
            [] { throw std::runtime_error("shape mismatch\nframe #0: c10::Error"); });
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.whatFailed(), "cannot train");
    EXPECT_EQ(error.why(), "shape mismatch");
    EXPECT_EQ(error.code(), ErrorCode::Internal);
  }
}

/// The error that `guarded` makes of `thrown`.
template <class Exception>
UserError guardedFrom(const Exception& thrown) {
  try {
    guarded("cannot train", [&] { throw thrown; });
  } catch (const UserError& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing", "was thrown"};
}

TEST(Guarded, NamesOutOfMemory) {
  EXPECT_EQ(guardedFrom(std::bad_alloc()).code(), ErrorCode::OutOfMemory);
  // As LibTorch's allocators, oneDNN and the system tell it.
  for (const char* said :
       {"[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 65536 bytes. Error code 12 (Cannot allocate memory)",
        "CUDA out of memory. Tried to allocate 20.00 MiB", "could not execute a primitive",
        "could not create a primitive descriptor for a matmul primitive"}) {
    EXPECT_EQ(guardedFrom(std::runtime_error(said)).code(), ErrorCode::OutOfMemory) << said;
  }
  const auto noThread = std::make_error_code(std::errc::resource_unavailable_try_again);
  EXPECT_EQ(guardedFrom(std::system_error(noThread)).code(), ErrorCode::OutOfMemory);
  const auto noMemory = std::make_error_code(std::errc::not_enough_memory);
  EXPECT_EQ(guardedFrom(std::filesystem::filesystem_error("x", noMemory)).code(),
            ErrorCode::OutOfMemory);
}

TEST(Guarded, NamesTheFileThatCannotBeWritten) {
  const auto full = std::make_error_code(std::errc::no_space_on_device);
  const UserError error =
      guardedFrom(std::filesystem::filesystem_error("copy", "from", "to", full));
  EXPECT_EQ(error.code(), ErrorCode::CannotWrite);
  EXPECT_EQ(error.why(), "to: No space left on device");
  EXPECT_FALSE(error.next().empty());
}

TEST(Guarded, LetsUserErrorsAndInterruptionsPassUnchanged) {
  EXPECT_THROW(guarded("x", [] { throw Interrupted("featurescope resume run"); }), Interrupted);
  try {
    guarded("outer", [] { throw UserError(ErrorCode::NotFound, "inner", "why"); });
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.whatFailed(), "inner");
  }
  EXPECT_EQ(guarded("x", [] { return 7; }), 7);
}

TEST(EditDistance, EqualsHandCountedExamples) {
  EXPECT_EQ(editDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(editDistance("", "abc"), 3U);
  EXPECT_EQ(editDistance("same", "same"), 0U);
}

TEST(NearestName, FindsTheTypoAndStaysSilentWhenNothingIsNear) {
  const std::array<std::string, 3> verbs{"index", "features", "activations"};
  EXPECT_EQ(nearestName("indx", verbs), "index");
  EXPECT_EQ(nearestName("activation", verbs), "activations");
  EXPECT_EQ(nearestName("qqqqqqqq", verbs), "");
}

}  // namespace
}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/train/saved_state_torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace featurescope {
namespace {

class SavedStateFiles : public ::testing::Test {
 protected:
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  SavedState writtenAndRead(const SavedState& state) {
    writeState(folder(), state);
    return readState(folder());
  }
  ErrorCode codeOfReading() {
    try {
      static_cast<void>(readState(folder()));
    } catch (const UserError& error) {
      return error.code();
    }
    ADD_FAILURE() << "no UserError was thrown";
    return ErrorCode::Internal;
  }
  void replaceInFile(const char* name, const std::string& from, const std::string& to) {
    std::string text = readFile(folder() / name);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    writeFile(folder() / name, text.replace(at, from.size(), to));
  }
  TemporaryFolder folder_;
};

ErrorCode codeOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const UserError& error) {
    return error.code();
  }
  ADD_FAILURE() << "no UserError was thrown";
  return ErrorCode::Internal;
}

SavedState sample() {
  SavedState inner;
  inner.tensors["moment"] = at::arange(6, at::kFloat).view({2, 3}) / 7;
  inner.values["rate"] = 0.1;
  SavedState state;
  state.tensors["order"] = at::arange(5, at::kLong);
  state.tensors["empty"] = at::empty({0, 3}, at::kFloat);
  state.tensors["mask"] = at::tensor({1, 0, 1}).to(at::kBool);
  state.tensors["count"] = at::scalar_tensor(3, at::kFloat);
  state.values["steps"] = 12;
  state.merge("adam", std::move(inner));
  return state;
}

TEST_F(SavedStateFiles, GiveBackEveryTensorAndFigure) {
  const SavedState state = sample();
  const SavedState read = writtenAndRead(state);
  ASSERT_EQ(read.tensors.size(), state.tensors.size());
  for (const auto& [name, tensor] : state.tensors) {
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor)) << name;
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
  }
  EXPECT_EQ(read.values, state.values);
  EXPECT_EQ(read.part("adam").value<double>("rate"), 0.1);
  EXPECT_TRUE(at::equal(read.part("adam").tensors.at("moment"), state.tensors.at("adam.moment")));
  EXPECT_TRUE(read.part("nothing").tensors.empty());
}

TEST_F(SavedStateFiles, KeepDoublesToTheLastBit) {
  SavedState state;
  const std::vector<double> figures{
      0.1, 1.0 / 3, 1e-308, std::numeric_limits<double>::denorm_min(), 123456789.12345679, -0.0};
  state.values["figures"] = figures;
  const auto read = writtenAndRead(state).value<std::vector<double>>("figures");
  for (std::size_t i = 0; i < figures.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(read[i]), std::bit_cast<std::uint64_t>(figures[i]));
  }
}

TEST_F(SavedStateFiles, GoOnWithARandomStream) {
  RandomStream random(7, "resample");
  static_cast<void>(random.next());
  SavedState state;
  state.set("random", random);
  RandomStream later = writtenAndRead(state).randomStream("random");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(later.next(), random.next());
}

TEST_F(SavedStateFiles, AreRefusedAtEveryLengthButTheirOwn) {
  writeState(folder(), sample());
  for (const char* name : {"state.safetensors", "state.json"}) {
    const std::string whole = readFile(folder() / name);
    // Without its last byte, a line end, state.json is whole.
    for (std::size_t size = 0; size + 1 < whole.size(); size += 1 + whole.size() / 23) {
      writeFile(folder() / name, whole.substr(0, size));
      EXPECT_EQ(codeOfReading(), ErrorCode::BadFile) << name << " " << size;
    }
    writeFile(folder() / name, whole);
  }
  EXPECT_NO_THROW(static_cast<void>(readState(folder())));
}

TEST_F(SavedStateFiles, AreRefusedWithZerosInPlaceOfTheirEnd) {
  // What a loss of power may leave of a file that was not flushed.
  writeState(folder(), sample());
  std::string text = readFile(folder() / "state.safetensors");
  std::fill(text.end() - 8, text.end(), '\0');
  writeFile(folder() / "state.safetensors", text);
  EXPECT_EQ(codeOfReading(), ErrorCode::BadFile);
}

TEST_F(SavedStateFiles, AreRefusedWithAnotherFigure) {
  writeState(folder(), sample());
  replaceInFile("state.json", "12", "13");
  EXPECT_EQ(codeOfReading(), ErrorCode::BadFile);
}

TEST_F(SavedStateFiles, OfAnotherVersionAreNamedSo) {
  writeState(folder(), sample());
  replaceInFile("state.json", "\"format\": 1", "\"format\": 2");
  EXPECT_EQ(codeOfReading(), ErrorCode::Unsupported);
}

TEST(SavedState, RefusesWhatIsMissingOrHasAnotherShape) {
  SavedState state = sample();
  at::Tensor target = at::zeros({2, 3});
  const std::vector<std::function<void()>> readings{
      [&] { state.copyTo(target, "absent"); },
      [&] { state.copyTo(target, "order"); },
      [&] { state.copyTo(target, "count"); },
      [&] { static_cast<void>(state.tensor("order", at::kFloat)); },
      [&] { static_cast<void>(state.tensor("empty", at::kFloat, {4})); },
      [&] { static_cast<void>(state.tensor("count", at::kFloat)); },
      [&] { static_cast<void>(state.value<double>("absent")); },
      [&] { static_cast<void>(state.value<std::string>("steps")); },
      [&] { static_cast<void>(state.part("steps")); },
      [&] { static_cast<void>(state.randomStream("steps")); }};
  for (const auto& reading : readings) EXPECT_EQ(codeOf(reading), ErrorCode::BadFile);
  EXPECT_EQ(state.tensor("empty", at::kFloat, {3}).size(0), 0);
}

TEST(SavedState, RefusesADamagedRandomStream) {
  SavedState state;
  for (const Json& stream : {Json::array({"1", "2", "3"}), Json::array({"1", "2", "3", "xyz"}),
                             Json::array({"1", "2", "3", ""}), Json::array({1, 2, 3, 4}),
                             Json::array({"1", "2", "3", "11112222333344445"})}) {
    state.values["random"] = stream;
    EXPECT_EQ(codeOf([&] { static_cast<void>(state.randomStream("random")); }), ErrorCode::BadFile)
        << stream;
  }
}

}  // namespace
}  // namespace featurescope

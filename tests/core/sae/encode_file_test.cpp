// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/encode_file.h"

#include "core/base/files.h"
#include "tests/core/sae/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::expectNear;
using testing::golden;
using testing::readTensor;

class EncodeFile : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path out() const { return folder_.path() / "out.safetensors"; }
  [[nodiscard]] fs::path written(const at::Tensor& activations,
                                 const char* name = "activations") const {
    fs::path path = folder_.path() / "in.safetensors";
    writeSafetensors(path, {{name, fromTorch(activations)}});
    return path;
  }
  EncodeReport encode(const fs::path& activations, bool sparse = false) {
    return encodeFile(
        {.sae = golden("saelens"), .activations = activations, .out = out(), .sparse = sparse},
        {.stop = {}, .progress = silent_});
  }
  TemporaryFolder folder_;
  SilentProgress silent_;
};

TEST_F(EncodeFile, WritesPyTorchsFeaturesAndReconstruction) {
  encode(golden("activations.safetensors"));
  for (const char* name : {"features", "reconstruction"}) {
    expectNear(readTensor(out(), name), readTensor(golden("expected.safetensors"), name), 1e-5);
  }
}

TEST_F(EncodeFile, ComputesInFloat32FromBfloat16) {
  encode(golden("activations_bf16.safetensors"));
  expectNear(readTensor(out(), "features"),
             readTensor(golden("expected_bf16.safetensors"), "features"), 1e-6);
}

TEST_F(EncodeFile, WritesTheSameFeaturesSparsely) {
  encode(golden("activations.safetensors"), true);
  const at::Tensor indptr = readTensor(out(), "indptr"), indices = readTensor(out(), "indices"),
                   values = readTensor(out(), "values");
  EXPECT_EQ(indptr.scalar_type(), at::kLong);
  EXPECT_EQ(indices.scalar_type(), at::kInt);
  EXPECT_EQ(values.scalar_type(), at::kFloat);
  EXPECT_GT(values.min().item<float>(), 0.0F);
  const at::Tensor expected = readTensor(golden("expected.safetensors"), "features");
  const at::Tensor dense = at::zeros_like(expected);
  for (std::int64_t t = 0; t < expected.size(0); ++t) {
    const std::int64_t first = indptr[t].item<std::int64_t>(),
                       end = indptr[t + 1].item<std::int64_t>();
    const at::Tensor columns = indices.slice(0, first, end).to(at::kLong);
    EXPECT_TRUE(end - first < 2 || columns.diff().min().item<std::int64_t>() > 0);
    dense[t].index_copy_(0, columns, values.slice(0, first, end));
  }
  expectNear(dense, expected, 1e-6);
}

TEST_F(EncodeFile, ReportsTheFiguresOfTheContract) {
  // Formulas written out over PyTorch's own features and reconstruction.
  const at::Tensor x = readTensor(golden("activations.safetensors"), "activations").to(at::kDouble);
  const at::Tensor f = readTensor(golden("expected.safetensors"), "features").to(at::kDouble);
  const at::Tensor decoded =
      readTensor(golden("expected.safetensors"), "reconstruction").to(at::kDouble);
  const double error = (x - decoded).square().sum().item<double>();
  const double deviation = (x - x.mean(0)).square().sum().item<double>();
  const EncodeReport report = encode(golden("activations.safetensors"));
  EXPECT_EQ(report.tokens, 7);
  EXPECT_NEAR(report.l0, f.gt(0).sum().item<double>() / 7, 1e-12);
  EXPECT_NEAR(report.reconstructionLoss, error / 7, 1e-5 * error);
  EXPECT_NEAR(report.explainedVariance.value(), 1 - error / deviation, 1e-5);
}

TEST_F(EncodeFile, MeasuresVarianceExactlyOverManyChunksFarFromZero) {
  // 1200 rows are several chunks; the mean of 1000 would drown the variance in a naive sum.
  const at::Tensor x = at::linspace(-1, 1, 1200 * 6).reshape({1200, 6}) + 1000;
  const EncodeReport report = encode(written(x));
  const at::Tensor wide = x.to(at::kDouble),
                   decoded = readTensor(out(), "reconstruction").to(at::kDouble);
  const double expected = 1 - (wide - decoded).square().sum().item<double>() /
                                  (wide - wide.mean(0)).square().sum().item<double>();
  EXPECT_NEAR(report.explainedVariance.value() / expected, 1, 1e-9);
}

TEST_F(EncodeFile, HasNoExplainedVarianceWithoutVariance) {
  EXPECT_FALSE(encode(written(at::ones({3, 6}))).explainedVariance.has_value());
}

TEST_F(EncodeFile, RefusesWhatDoesNotFit) {
  EXPECT_USER_ERROR(encode(written(at::zeros({3, 5}))), ErrorCode::ShapeMismatch,
                    "5 values a token");
  EXPECT_USER_ERROR(encode(written(at::zeros({6}))), ErrorCode::ShapeMismatch, "[6]");
  EXPECT_USER_ERROR(encode(written(at::zeros({0, 6}))), ErrorCode::ShapeMismatch, "[0, 6]");
  EXPECT_USER_ERROR(encode(written(at::zeros({3, 6}, at::kLong))), ErrorCode::ShapeMismatch, "I64");
  EXPECT_USER_ERROR(encode(written(at::zeros({3, 6}), "x")), ErrorCode::NotFound, "activations");
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(EncodeFile, NamesTheRowThatIsNotFinite) {
  at::Tensor x = at::zeros({700, 6});
  x[601][3] = std::numeric_limits<float>::infinity();
  EXPECT_USER_ERROR(encode(written(x)), ErrorCode::NotFinite, "row 601");
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(EncodeFile, KeepsAnOutputThatExists) {
  writeFile(out(), "precious");
  EXPECT_USER_ERROR(encode(golden("activations.safetensors")), ErrorCode::OutputExists, "--force");
  EXPECT_EQ(readFile(out()), "precious");
}

TEST_F(EncodeFile, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(encodeFile({.sae = golden("saelens"),
                           .activations = golden("activations.safetensors"),
                           .out = out()},
                          {.stop = stop.get_token(), .progress = silent_}),
               Interrupted);
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace featurescope

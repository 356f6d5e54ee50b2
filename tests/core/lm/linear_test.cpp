// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/linear_torch.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <tuple>

namespace featurescope {
namespace {

struct LayerShape {
  std::int64_t rows, in, out;
};

void PrintTo(const LayerShape& shape, std::ostream* out) {
  *out << shape.rows << "×" << shape.in << "→" << shape.out;
}

/// epilogue(x Wᵀ + b) in double.
at::Tensor expected(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    LinearEpilogue epilogue) {
  at::Tensor product = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
  if (bias.defined()) product = product + bias.to(at::kDouble);
  if (epilogue == LinearEpilogue::None) return product;
  return at::gelu(product, epilogue == LinearEpilogue::Gelu ? "none" : "tanh");
}

class Linear : public ::testing::TestWithParam<std::tuple<LayerShape, LinearEpilogue, bool>> {
 protected:
  Linear() {
    at::manual_seed(7);
    const auto [shape, epilogue, hasBias] = GetParam();
    x = at::randn({2, shape.rows, shape.in});
    weight = at::randn({shape.out, shape.in});
    if (hasBias) bias = at::randn({shape.out});
  }

  at::Tensor x, weight, bias;
};

TEST_P(Linear, IsTheProductInDouble) {
  const c10::NoGradGuard noGrad;
  const LinearEpilogue epilogue = std::get<1>(GetParam());
  const at::Tensor result = linearLayer(x, weight, bias, epilogue);
  EXPECT_EQ(result.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(result.to(at::kDouble), expected(x, weight, bias, epilogue), 2e-6, 2e-5))
      << (result - expected(x, weight, bias, epilogue)).abs().max().item<double>();
}

TEST_P(Linear, RecordsGradientsWhereTheyAreAskedFor) {
  const LinearEpilogue epilogue = std::get<1>(GetParam());
  x.set_requires_grad(true);
  linearLayer(x, weight, bias, epilogue).sum().backward();
  const at::Tensor found = x.grad();
  const at::Tensor inDouble = x.detach().to(at::kDouble).set_requires_grad(true);
  expected(inDouble, weight, bias, epilogue).sum().backward();
  EXPECT_TRUE(at::allclose(found.to(at::kDouble), inDouble.grad(), 1e-5, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Linear,
    ::testing::Combine(
        ::testing::Values(LayerShape{1, 1, 1}, LayerShape{3, 17, 5}, LayerShape{33, 64, 130}),
        ::testing::Values(LinearEpilogue::None, LinearEpilogue::Gelu, LinearEpilogue::GeluTanh),
        ::testing::Bool()));

TEST(LinearLayer, TakesNoRowsAndStridedRows) {
  const c10::NoGradGuard noGrad;
  const at::Tensor weight = at::randn({4, 6});
  EXPECT_EQ(linearLayer(at::empty({0, 6}), weight, {}).sizes(), at::IntArrayRef({0, 4}));
  const at::Tensor strided = at::randn({6, 9}).t();
  EXPECT_TRUE(at::allclose(linearLayer(strided, weight, {}).to(at::kDouble),
                           expected(strided, weight, {}, LinearEpilogue::None), 2e-6, 2e-5));
}

TEST(LinearLayer, ConvertsAWeightOfAnotherTypeForAsLongAsItIsNeeded) {
  at::manual_seed(5);
  const at::Tensor stored = at::randn({7, 12}).to(at::kHalf), bias = at::randn({7});
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    at::Tensor x = at::randn({5, 12}).to(type).set_requires_grad(true), same = x.detach().clone();
    same.set_requires_grad(true);
    const at::Tensor found = linearLayer(x, stored, bias.to(type));
    const at::Tensor converted = linearLayer(same, stored.to(type), bias.to(type));
    EXPECT_EQ(found.scalar_type(), type);
    EXPECT_TRUE(at::equal(found, converted));
    found.sum().backward();
    converted.sum().backward();
    EXPECT_TRUE(at::equal(x.grad(), same.grad()));
  }
}

TEST(MultiplyInto, IsTheProductInDoubleHoweverTheMatricesLie) {
  at::manual_seed(3);
  const at::Tensor a = at::randn({33, 17}), b = at::randn({17, 9});
  const at::Tensor expected = a.to(at::kDouble).mm(b.to(at::kDouble));
  for (const at::Tensor& left : {a, a.t().contiguous().t()}) {
    for (const at::Tensor& right : {b, b.t().contiguous().t()}) {
      at::Tensor out = at::full({33, 9}, 7.0F);
      const void* const memory = out.const_data_ptr();
      multiplyInto(out, left, right);
      EXPECT_EQ(out.const_data_ptr(), memory);
      EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, 2e-6, 2e-5));
    }
  }
}

}  // namespace
}  // namespace featurescope

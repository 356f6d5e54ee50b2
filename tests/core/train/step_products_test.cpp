// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step_products_torch.h"

#include <gtest/gtest.h>

namespace featurescope {
namespace {

/// In double precision.
at::Tensor exact(const at::Tensor& a, const at::Tensor& b) {
  return a.to(at::kDouble).mm(b.to(at::kDouble));
}

void expectProduct(const at::Tensor& product, const at::Tensor& a, const at::Tensor& b) {
  EXPECT_TRUE(at::allclose(product.to(at::kDouble), exact(a, b), 1e-5, 1e-4));
}

TEST(StepProducts, MultiplyHoweverTheMatricesLie) {
  at::manual_seed(1);
  const StepProducts products;
  const at::Tensor a = at::randn({33, 70}), b = at::randn({70, 41});
  const at::Tensor byColumns = b.t().contiguous().t();
  expectProduct(products.multiply(a, b), a, b);
  expectProduct(products.multiply(a, byColumns), a, b);
  expectProduct(products.multiply(b.t(), a.t()), b.t(), a.t());
  at::Tensor out = at::empty({41, 33}).t();
  products.multiplyInto(out, a, b);
  expectProduct(out, a, b);
}

TEST(StepProducts, AreOfFloat32OnACpuWhateverTheModelsArithmetic) {
  for (const char* dtype : {"auto", "float32", "bfloat16", "float16"}) {
    EXPECT_EQ(StepProducts({.dtype = dtype}, at::kCPU).factors(), at::kFloat) << dtype;
  }
}

TEST(StepProducts, OnAGpuAreOfBfloat16UnlessFloat32IsAskedFor) {
  const at::Device gpu(at::kCUDA, 0);
  EXPECT_EQ(StepProducts({.dtype = "float32"}, gpu).factors(), at::kFloat);
  for (const char* dtype : {"auto", "bfloat16", "float16"}) {
    EXPECT_EQ(StepProducts({.dtype = dtype}, gpu).factors(), at::kBFloat16) << dtype;
  }
}

}  // namespace
}  // namespace featurescope

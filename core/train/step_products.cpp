// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/device_torch.h"
#include "core/lm/linear_torch.h"
#include "core/train/step_products_torch.h"

#include <ATen/core/grad_mode.h>

namespace featurescope {

StepProducts::StepProducts(const ComputeOptions& compute, at::Device device) {
  if (device.is_cpu() || resolveDtype(compute, device) == at::kFloat) return;
  // Also for float16, whose range a young SAE's gradients leave.
  factors_ = at::kBFloat16;
}

void StepProducts::multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) const {
  if (factors_ == at::kFloat) {
    featurescope::multiplyInto(out, a, b);
  } else if (!out.is_contiguous() && out.t().is_contiguous()) {  // cuBLAS writes by rows
    at::Tensor lying = out.t();
    multiplyInto(lying, b.t(), a.t());
  } else {
    const c10::NoGradGuard noGradients;
    at::mm_out(out, a.to(factors_), b.to(factors_), at::kFloat);
  }
}

at::Tensor StepProducts::multiply(const at::Tensor& a, const at::Tensor& b) const {
  at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  multiplyInto(out, a, b);
  return out;
}

}  // namespace featurescope

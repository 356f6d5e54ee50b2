// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/linear_torch.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>

#include <optional>

namespace featurescope {

namespace {

/// LibTorch's own door to oneDNN's product with an epilogue; at::linear leaves float32 to MKL.
using LinearPointwise = at::Tensor(const at::Tensor&, const at::Tensor&,
                                   const std::optional<at::Tensor>&, std::string_view,
                                   c10::List<std::optional<at::Scalar>>,
                                   std::optional<std::string_view>);

const c10::TypedOperatorHandle<LinearPointwise>& oneDnnLinear() {
  static const auto handle = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                                 .typed<LinearPointwise>();
  return handle;
}

/// MKL runs its slower, generic kernels on processors that are not Intel's (a 1024 × 512 × 2048
/// product: 143 GFLOP/s beside oneDNN's 185 on two Zen 4 cores). A rule rather than a measurement:
/// the library decides the last bits of every result.
bool prefersOneDnn() {
#if defined(__x86_64__)
  static const bool prefers = at::globalContext().userEnabledMkldnn() && at::Context::hasMKLDNN() &&
                              !__builtin_cpu_is("intel");
  return prefers;
#else
  return false;
#endif
}

bool recordsGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::GradMode::is_enabled() &&
         (x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
}

bool suitsOneDnn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return prefersOneDnn() && x.device().is_cpu() && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat && x.numel() > 0 && !recordsGradient(x, weight, bias);
}

at::Tensor byOneDnn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    LinearEpilogue epilogue) {
  const bool none = epilogue == LinearEpilogue::None;
  return oneDnnLinear().call(x, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                             none ? "none" : "gelu", c10::List<std::optional<at::Scalar>>(),
                             epilogue == LinearEpilogue::GeluTanh ? "tanh" : "none");
}

}  // namespace

at::Tensor linearLayer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       LinearEpilogue epilogue) {
  if (suitsOneDnn(x, weight, bias)) return byOneDnn(x, weight, bias, epilogue);
  at::Tensor product = at::linear(x, weight, bias);
  if (epilogue == LinearEpilogue::None) return product;
  return at::gelu(product, epilogue == LinearEpilogue::Gelu ? "none" : "tanh");
}

void multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  const c10::NoGradGuard noGradients;
  if (a.is_contiguous() && suitsOneDnn(a, b, {})) {
    out.copy_(byOneDnn(a, b.t(), {}, LinearEpilogue::None));
  } else {
    at::mm_out(out, a, b);
  }
}

std::string_view floatProductLibrary() { return prefersOneDnn() ? "oneDNN" : "MKL"; }

}  // namespace featurescope

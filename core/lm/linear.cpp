// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/linear_torch.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

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

bool learns(const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); }

bool suitsOneDnn(const at::Tensor& x, const at::Tensor& weight) {
  return prefersOneDnn() && x.device().is_cpu() && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat && x.numel() > 0;
}

at::Tensor byOneDnn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    LinearEpilogue epilogue) {
  const bool none = epilogue == LinearEpilogue::None;
  return oneDnnLinear().call(x, weight, bias.defined() ? std::optional(bias) : std::nullopt,
                             none ? "none" : "gelu", c10::List<std::optional<at::Scalar>>(),
                             epilogue == LinearEpilogue::GeluTanh ? "tanh" : "none");
}

at::Tensor withEpilogue(const at::Tensor& product, LinearEpilogue epilogue) {
  if (epilogue == LinearEpilogue::None) return product;
  return at::gelu(product, epilogue == LinearEpilogue::Gelu ? "none" : "tanh");
}

/// Without a gradient. The weight may wait in another type or on another device than x.
at::Tensor product(const at::Tensor& x, const at::Tensor& stored, const at::Tensor& bias,
                   LinearEpilogue epilogue = LinearEpilogue::None) {
  const at::Tensor weight = stored.to(x.options());
  if (suitsOneDnn(x, weight)) return byOneDnn(x, weight, bias, epilogue);
  return withEpilogue(at::linear(x, weight, bias), epilogue);
}

/// The product where x has a gradient and the weight none: the way back is the same kind of
/// product, and what waits for it is the weight as it is stored.
class FrozenLinear : public torch::autograd::Function<FrozenLinear> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    context->save_for_backward({weight});
    return product(x, weight, bias.value_or(at::Tensor()));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const at::Tensor weight = context->get_saved_variables()[0];
    return {product(gradients[0], weight.t(), {}), {}, {}};
  }
};

}  // namespace

at::Tensor linearLayer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       LinearEpilogue epilogue) {
  if (!at::GradMode::is_enabled()) return product(x, weight, bias, epilogue);
  if (learns(weight) || learns(bias)) return withEpilogue(at::linear(x, weight, bias), epilogue);
  if (!learns(x)) return product(x, weight, bias, epilogue);
  const auto addend = bias.defined() ? std::optional(bias) : std::nullopt;
  return withEpilogue(FrozenLinear::apply(x, weight, addend), epilogue);
}

void multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  const c10::NoGradGuard noGradients;
  if (a.is_contiguous() && suitsOneDnn(a, b)) {
    out.copy_(byOneDnn(a, b.t(), {}, LinearEpilogue::None));
  } else {
    at::mm_out(out, a, b);
  }
}

std::string_view floatProductLibrary() { return prefersOneDnn() ? "oneDNN" : "MKL"; }

}  // namespace featurescope

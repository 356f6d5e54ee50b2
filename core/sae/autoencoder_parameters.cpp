// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/autoencoder_torch.h"

namespace featurescope {

namespace {

/// `Parameters` is const or not, and so are the tensors pointed to.
template <class Tensor, class Parameters>
std::vector<std::pair<std::string_view, Tensor*>> definedOf(Parameters& parameters) {
  std::vector<std::pair<std::string_view, Tensor*>> result{
      {"W_enc", &parameters.W_enc},         {"W_dec", &parameters.W_dec},
      {"b_enc", &parameters.b_enc},         {"b_dec", &parameters.b_dec},
      {"threshold", &parameters.threshold}, {"log_threshold", &parameters.log_threshold},
      {"r_mag", &parameters.r_mag},         {"b_mag", &parameters.b_mag}};
  std::erase_if(result, [](const auto& entry) { return !entry.second->defined(); });
  return result;
}

}  // namespace

std::vector<std::pair<std::string_view, at::Tensor*>> AutoencoderParameters::named() {
  return definedOf<at::Tensor>(*this);
}

std::vector<std::pair<std::string_view, const at::Tensor*>> AutoencoderParameters::named() const {
  return definedOf<const at::Tensor>(*this);
}

}  // namespace featurescope

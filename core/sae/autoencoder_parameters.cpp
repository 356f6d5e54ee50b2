// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/autoencoder_torch.h"

#include <array>
#include <stdexcept>

namespace featurescope {

namespace {

constexpr std::array<std::pair<std::string_view, at::Tensor AutoencoderParameters::*>, 9>
    kParameters{{{"W_enc", &AutoencoderParameters::W_enc},
                 {"W_dec", &AutoencoderParameters::W_dec},
                 {"b_enc", &AutoencoderParameters::b_enc},
                 {"b_dec", &AutoencoderParameters::b_dec},
                 {"threshold", &AutoencoderParameters::threshold},
                 {"log_threshold", &AutoencoderParameters::log_threshold},
                 {"r_mag", &AutoencoderParameters::r_mag},
                 {"b_mag", &AutoencoderParameters::b_mag},
                 {"W_skip", &AutoencoderParameters::W_skip}}};

/// `Parameters` is const or not, and so are the tensors pointed to.
template <class Tensor, class Parameters>
std::vector<std::pair<std::string_view, Tensor*>> definedOf(Parameters& parameters) {
  std::vector<std::pair<std::string_view, Tensor*>> result;
  for (const auto& [name, member] : kParameters) {
    if ((parameters.*member).defined()) result.emplace_back(name, &(parameters.*member));
  }
  return result;
}

}  // namespace

at::Tensor& AutoencoderParameters::at(std::string_view name) {
  for (const auto& [known, member] : kParameters) {
    if (known == name) return this->*member;
  }
  throw std::out_of_range(std::string(name));
}

std::vector<std::pair<std::string_view, at::Tensor*>> AutoencoderParameters::named() {
  return definedOf<at::Tensor>(*this);
}

std::vector<std::pair<std::string_view, const at::Tensor*>> AutoencoderParameters::named() const {
  return definedOf<const at::Tensor>(*this);
}

}  // namespace featurescope

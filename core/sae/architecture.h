// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace featurescope {

/// How an SAE turns pre-activations into features (reference: Bricken et al. 2023; Gao et al. 2024;
/// Bussmann et al. 2024; Rajamanoharan et al. 2024, twice).
enum class Architecture { Standard, TopK, BatchTopK, JumpRelu, Gated };

/// The contract's names, in that order.
inline constexpr std::array<std::string_view, 5> kArchitectureNames{"standard", "topk", "batchtopk",
                                                                    "jumprelu", "gated"};
[[nodiscard]] std::string_view name(Architecture architecture);
[[nodiscard]] std::optional<Architecture> architectureNamed(std::string_view name);

/// An SAE's nonlinearity, but for the parameters that it may have of its own.
struct Activation {
  Architecture architecture = Architecture::Standard;
  std::int64_t k = 0;  ///< of TopK: at most so many features of a token; of BatchTopK: on average
};

}  // namespace featurescope

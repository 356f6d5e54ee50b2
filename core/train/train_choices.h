// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/architecture.h"
#include "core/text/corpus.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace featurescope {

/// How the coefficient of the sparsity loss moves.
enum class L1Mode {
  UntilTarget,  ///< the paper: adjusted until the target is reached, then held still
  Track,        ///< follows the target to the end
  Fixed,
};

/// What becomes of dead features.
enum class Resampling {
  Kaiming,  ///< the paper: fresh Kaiming-uniform vectors
  Loss,     ///< Anthropic's: along inputs drawn in proportion to their squared loss
  None,
};

/// Where b_dec starts.
enum class DecoderBias { Zero, Mean, Median };

/// What the activations are divided by before training.
enum class Normalisation {
  None,
  MeanSquare,  ///< σ, so that the mean square of an entry is 1
};

/// A choice's names as flags, files and run.json write them, in the order of its enumerators.
template <class Choice>
inline constexpr std::array<std::string_view, 0> kNamesOf{};
template <>
inline constexpr auto kNamesOf<Architecture> = kArchitectureNames;
template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<Packing>{"packed", "documents"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<L1Mode>{"until-target", "track", "fixed"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<Resampling>{"kaiming", "loss", "none"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<DecoderBias>{"zero", "mean", "median"};
template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<Normalisation>{"none", "mean-square"};

template <class Choice>
[[nodiscard]] constexpr std::string_view nameOf(Choice choice) {
  return kNamesOf<Choice>.at(static_cast<std::size_t>(choice));
}

/// Nothing when no choice has this name.
template <class Choice>
[[nodiscard]] constexpr std::optional<Choice> choiceNamed(std::string_view name) {
  const auto& names = kNamesOf<Choice>;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Choice>(found - names.begin());
}

}  // namespace featurescope

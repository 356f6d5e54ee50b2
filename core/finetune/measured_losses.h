// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

/// A figure of the language model as it is, and with something at the site.
template <class Figure>
struct Variants {
  Figure base{};   ///< nothing inserted
  Figure sae{};    ///< the SAE as it is
  Figure start{};  ///< c = 1, d = 0 (of an SAE that selects, or with --keep-error, not the SAE)
  Figure fineTuned{};
  Figure permuted{};  ///< control: the learned (c, d), each pair given to another feature by seed
};

/// Loss and accuracy on one text, before and after a fine-tuning.
struct MeasuredLosses {
  std::string text;          ///< "training", "held-out", or a file
  std::int64_t records = 0;  ///< sequences
  std::int64_t targets = 0;  ///< counted
  Variants<double> loss;     ///< nats a counted target
  /// Of the records with a completion: the share whose every token of it is the likeliest one given
  /// what stands before it. Nothing where no record has one.
  std::optional<Variants<double>> accuracy;
};

[[nodiscard]] Json toJson(const MeasuredLosses& measured);
/// Throws UserError{BadFile} that starts with `what`.
[[nodiscard]] MeasuredLosses measuredLossesFromJson(const Json& json, std::string_view what);

}  // namespace featurescope

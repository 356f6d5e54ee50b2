// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

struct NeoxConfig;

/// Where in a block activations are read and replaced (contract, "Words and definitions").
enum class SiteKind {
  MlpPre,  ///< mlp.dense_h_to_4h's output, before the nonlinearity; width d_ff
  MlpOut,  ///< mlp.dense_4h_to_h's output, the paper's site; width d_model
  Resid,   ///< the residual stream after the block; width d_model
};

/// Ordered as the forward pass meets them.
struct Site {
  Layer layer;
  SiteKind kind = SiteKind::MlpOut;
  auto operator<=>(const Site&) const = default;

  /// "gpt_neox.layers.1.mlp.dense_4h_to_h"
  [[nodiscard]] std::string moduleName() const;
  [[nodiscard]] std::int64_t width(const NeoxConfig& config) const;

  /// From a module's name (also TransformerLens' "blocks.L.hook_mlp_out", "blocks.L.mlp.hook_pre",
  /// "blocks.L.hook_resid_post"); nothing when it names no site.
  static std::optional<Site> fromName(std::string_view name);
  /// From the flags --layer and --site, either of which may hold a full module name.
  /// Throws UserError{BadUsage} when they disagree, name no site, or give no layer.
  static Site fromFlags(std::string_view layer, std::string_view site);
};

/// "mlp-out", "mlp-pre", "resid"
[[nodiscard]] std::string_view name(SiteKind kind);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/site.h"

#include "core/base/error.h"
#include "core/lm/neox_config.h"

#include <array>
#include <charconv>

namespace featurescope {

namespace {

struct KindNames {
  SiteKind kind;
  std::string_view flag;             ///< the contract's
  std::string_view huggingFace;      ///< what follows "gpt_neox.layers.L"
  std::string_view transformerLens;  ///< what follows "blocks.L"
};

constexpr std::array kKinds{
    KindNames{SiteKind::MlpPre, "mlp-pre", ".mlp.dense_h_to_4h", ".mlp.hook_pre"},
    KindNames{SiteKind::MlpOut, "mlp-out", ".mlp.dense_4h_to_h", ".hook_mlp_out"},
    KindNames{SiteKind::Resid, "resid", "", ".hook_resid_post"},
};

/// A layer's number at the start of `text`, which loses it; nothing when there is none.
std::optional<Layer> takeLayer(std::string_view& text) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return Layer{number};
}

/// What one of the two flags says; either part may be missing.
struct FlagValue {
  std::optional<Layer> layer;
  std::optional<SiteKind> kind;
};

constexpr std::string_view kNext =
    "--layer takes a number or a module's name, --site mlp-out, mlp-pre or resid";

UserError badFlag(std::string why) {
  return {ErrorCode::BadUsage, "cannot tell the site", std::move(why), std::string(kNext)};
}

FlagValue readFlag(std::string_view flag, std::string_view value, bool numberAllowed) {
  if (value.empty()) return {};
  if (const auto site = Site::fromName(value)) return {site->layer, site->kind};
  for (const auto& known : kKinds) {
    if (!numberAllowed && known.flag == value) return {std::nullopt, known.kind};
  }
  std::string_view rest = value;
  const auto layer = numberAllowed ? takeLayer(rest) : std::nullopt;
  if (layer && rest.empty()) return {layer, std::nullopt};
  throw badFlag(std::string(flag) + " " + std::string(value) + " names no site");
}

}  // namespace

std::string_view name(SiteKind kind) {
  for (const auto& known : kKinds) {
    if (known.kind == kind) return known.flag;
  }
  return "mlp-out";
}

std::string Site::moduleName() const {
  std::string result = "gpt_neox.layers." + std::to_string(layer.value);
  for (const auto& known : kKinds) {
    if (known.kind == kind) result += known.huggingFace;
  }
  return result;
}

std::int64_t Site::width(const NeoxConfig& config) const {
  return kind == SiteKind::MlpPre ? config.innerWidth : config.width;
}

std::optional<Site> Site::fromName(std::string_view name) {
  constexpr std::string_view kHuggingFace = "gpt_neox.layers.", kTransformerLens = "blocks.";
  const bool huggingFace = name.starts_with(kHuggingFace);
  if (!huggingFace && !name.starts_with(kTransformerLens)) return std::nullopt;
  name.remove_prefix(huggingFace ? kHuggingFace.size() : kTransformerLens.size());
  const auto layer = takeLayer(name);
  if (!layer) return std::nullopt;
  for (const auto& known : kKinds) {
    if (name == (huggingFace ? known.huggingFace : known.transformerLens)) {
      return Site{*layer, known.kind};
    }
  }
  return std::nullopt;
}

Site Site::fromFlags(std::string_view layer, std::string_view site) {
  const FlagValue byLayer = readFlag("--layer", layer, true);
  const FlagValue bySite = readFlag("--site", site, false);
  if ((byLayer.layer && bySite.layer && *byLayer.layer != *bySite.layer) ||
      (byLayer.kind && bySite.kind && *byLayer.kind != *bySite.kind)) {
    throw badFlag("--layer " + std::string(layer) + " and --site " + std::string(site) +
                  " disagree");
  }
  const auto chosen = byLayer.layer ? byLayer.layer : bySite.layer;
  if (!chosen) throw badFlag("no layer is given");
  return {*chosen, byLayer.kind.value_or(bySite.kind.value_or(SiteKind::MlpOut))};
}

}  // namespace featurescope

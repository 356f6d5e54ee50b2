// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/flags.h"
#include "core/lm/site.h"
#include "core/text/corpus.h"

#include <string>

namespace featurescope::cli {

/// --layer and --site.
class SiteFlags {
 public:
  void declare(Flags& flags, const std::string& help);
  [[nodiscard]] bool given() const { return !layer_.empty() || !site_.empty(); }
  [[nodiscard]] bool givesLayer() const { return !layer_.empty(); }
  /// Throws UserError{BadUsage}.
  [[nodiscard]] Site site() const { return Site::fromFlags(layer_, site_); }
  /// The same with the layer from elsewhere, where --layer is not given.
  [[nodiscard]] Site siteOfLayer(Layer layer) const {
    return Site::fromFlags(std::to_string(layer.value), site_);
  }

 private:
  std::string layer_, site_;
};

/// --text, --field, --packing and --context.
class CorpusFlags {
 public:
  explicit CorpusFlags(Packing packing = Packing::Packed);
  void declare(Flags& flags);
  [[nodiscard]] CorpusOptions options() const;

 private:
  CorpusOptions options_;
  std::string packing_;
};

}  // namespace featurescope::cli

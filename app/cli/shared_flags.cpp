// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/shared_flags.h"

namespace featurescope::cli {

void SiteFlags::declare(Flags& flags, const std::string& help) {
  flags.text("--layer", "L", layer_, help + ": a number from 0, or a module's full name");
  flags
      .text("--site", "NAME", site_,
            "where in the layer: mlp-out, mlp-pre (before the nonlinearity) or resid (the residual "
            "stream after it)")
      .defaultsTo("mlp-out");
}

CorpusFlags::CorpusFlags(Packing packing)
    : packing_(packing == Packing::Documents ? "documents" : "packed") {}

void CorpusFlags::declare(Flags& flags) {
  flags.paths("--text", "FILE...", options_.files,
              "texts: .txt (one document) or .jsonl (a document a line), either also .gz or .zst");
  flags.text("--field", "NAME", options_.field,
             "the .jsonl field that holds the text; without it, context and completion joined");
  flags.choice("--packing", packing_, {"packed", "documents"},
               "packed: all documents in a row, cut into contexts; documents: each by itself");
  flags.whole("--context", options_.context, "tokens of a context", 2);
}

CorpusOptions CorpusFlags::options() const {
  CorpusOptions options = options_;
  options.packing = packing_ == "documents" ? Packing::Documents : Packing::Packed;
  return options;
}

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"
#include "core/analysis/attribute.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace featurescope::cli {

namespace {

/// Split at commas, spaces kept.
std::vector<std::string> splitNames(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) {
      throw wrongUsage("cannot use --tokens " + text, "a name in it is empty",
                       "for instance --tokens ' Answer, Score'");
    }
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

class AttributeVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder").required();
    flags.path("--sae", "PATH", request_.sae, "the SAE's checkpoint, or a training run").required();
    flags.whole("FEATURE", feature_, "the feature's id, from 0", 0).required().defaultsTo("");
    flags.whole("--limit", request_.limit, "so many promoted tokens, and so many suppressed");
    flags.text("--tokens", "STR,...", tokens_,
               "these tokens instead, in this order: split at commas, spaces kept");
    site_.declare(flags, "the layer the SAE reads, where its checkpoint does not say");
    rows_.declare(flags);
  }

  void run(const Session& session) override {
    rows_.check(session);
    if (session.given.given("--tokens")) request_.tokens = splitNames(tokens_);
    if (site_.given()) {
      request_.site = site_.givesLayer() ? site_.site() : site_.siteOfLayer(Layer{});
    }
    request_.feature = FeatureId{static_cast<std::int32_t>(
        std::min<std::int64_t>(feature_, std::numeric_limits<std::int32_t>::max()))};
    request_.compute = session.flags.compute;
    RowTable table{.columns = {"token", "id", "value"}, .rows = {}};
    for (const AttributedToken& row : attribute(request_, session.job())) {
      table.rows.push_back({Text{row.strToken}, std::int64_t{row.token.value}, row.value});
    }
    table.more["convention"] = kLogitAttributionConvention;
    session.progress.note(fmt::format("value = {}", kLogitAttributionConvention));
    rows_.print(table, session);
  }

 private:
  AttributeRequest request_;
  std::int64_t feature_ = 0;
  std::string tokens_;
  SiteFlags site_;
  RowOutput rows_;
};

}  // namespace

const VerbEntry kAttribute{
    .name = "attribute",
    .group = "What features fire on",
    .summary = "which tokens a feature promotes and suppresses by itself",
    .usage = "--model DIR --sae PATH FEATURE [FLAGS]",
    .description =
        "Direct logit attribution: the feature's decoder row, times the scale of the final layer "
        "norm, on the rows of embed_out, centred by the mean over all of them. The most promoted "
        "tokens, falling, then the most suppressed. It reads two weights of the model. An SAE of "
        "mlp-pre is refused: the nonlinearity lies between it and the logits.",
    .examples =
        "featurescope attribute --model demo/model --sae demo/sae 7\n"
        "featurescope attribute --model demo/model --sae demo/sae 7 --tokens ' the, of'",
    .writes = true,
    .make = makeVerb<AttributeVerb>};

}  // namespace featurescope::cli

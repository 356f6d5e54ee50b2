// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/sae/convert_checkpoint.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

class ConvertVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("SAE", "", request_.sae, "the SAE's checkpoint, of any layout that is read")
        .required();
    flags.path("OUT", "", request_.out, "the folder to write").required();
    flags
        .choice("--to", to_, {"saelens", "sparsify", "dictionary-learning", "neel"},
                "the layout to write")
        .required();
  }

  void run(const Session& session) override {
    request_.force = session.flags.force;
    request_.to = checkpointFormatNamed(to_).value();
    const CheckpointInfo written = convertCheckpoint(request_);
    session.report(
        {{"out", request_.out.string()},
         {"format", name(written.format)},
         {"architecture", architectureName(written)},
         {"d", written.width},
         {"m", written.features},
         {"hash", hashCheckpoint(written)}},
        fmt::format("wrote {}: a {} SAE of {} features in {}'s layout\n", request_.out.string(),
                    architectureName(written), written.features, name(written.format)));
  }

 private:
  ConvertRequest request_;
  std::string to_;
};

}  // namespace

const VerbEntry kConvert{
    .name = "convert",
    .group = "Models and SAEs",
    .summary = "write an SAE in another program's layout",
    .usage = "SAE OUT --to LAYOUT [FLAGS]",
    .description =
        "Writes the same numbers, to the bit and in their type, as SAELens "
        "(sae_weights.safetensors "
        "and cfg.json), sparsify (sae.safetensors, cfg.json), dictionary_learning (ae.pt, "
        "config.json) or Neel Nanda's program (0.pt, 0_cfg.json) has them. What a layout cannot "
        "hold is an error that names it. A batch-top-k SAE becomes a jumprelu one in SAELens, one "
        "threshold a constant vector; the threshold that a top-k SAE of dictionary_learning "
        "estimates for other uses is not kept.",
    .examples = "featurescope convert demo/sae converted --to dictionary-learning",
    .writes = true,
    .make = makeVerb<ConvertVerb>};

}  // namespace featurescope::cli

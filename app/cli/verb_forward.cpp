// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/shared_flags.h"
#include "app/cli/verbs.h"
#include "core/analysis/forward_file.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

class ForwardVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--model", "DIR", request_.model, "a Hugging Face GPT-NeoX folder").required();
    flags
        .path("--ids", "FILE.json", request_.ids,
              "token ids: an array of equally long arrays of numbers")
        .required();
    flags.path("--out", "OUT.safetensors", request_.out, "the file to write").required();
    flags.texts("--capture", "NAME", request_.captures,
                "write the value at this module, for example gpt_neox.layers.1.mlp.dense_4h_to_h; "
                "may be repeated");
    flags.toggle("--no-logits", noLogits_,
                 "no logits: stop after the last capture and read no weight beyond it");
    flags.path("--sae", "PATH", request_.sae, "put this SAE's output in place of a site's value");
    site_.declare(flags, "the layer the SAE is inserted at");
    flags.path("--finetune", "RUN", request_.fineTuning,
               "apply the scales and biases that this fine-tuning learned; its SAE and layer are "
               "taken where they are not given");
  }

  void run(const Session& session) override {
    if (site_.given()) request_.site = site_.site();
    request_.logits = !noLogits_;
    request_.force = session.flags.force;
    request_.compute = session.flags.compute;
    applyThreads(session.flags.compute);
    const ForwardReport report = forwardFile(request_, session.job());
    nlohmann::ordered_json figures{{"loss", nullptr}, {"out", request_.out.string()}};
    std::string loss;
    if (report.loss) {
      figures["loss"] = *report.loss;
      loss = fmt::format("\n  loss  {:.4f} nats a predicted token", *report.loss);
    }
    session.report(figures, fmt::format("wrote {}{}\n", request_.out.string(), loss));
  }

 private:
  ForwardRequest request_;
  SiteFlags site_;
  bool noLogits_ = false;
};

}  // namespace

const VerbEntry kForward{
    .name = "forward",
    .group = "Models and SAEs",
    .summary = "run token ids through a model: logits, and the values at chosen sites",
    .usage = "--model DIR --ids FILE.json --out OUT.safetensors [--capture NAME]... [FLAGS]",
    .description =
        "Writes `logits` [rows, length, vocabulary] and each captured site [rows, length, "
        "width] under its name, as float32, and tells the loss: nats a predicted token. "
        "With --sae the SAE's output replaces the site's value.",
    .examples =
        "echo '[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]' > ids.json\n"
        "featurescope forward --model demo/model --ids ids.json --out logits.safetensors\n"
        "featurescope forward --model demo/model --ids ids.json --out replaced.safetensors "
        "--sae demo/sae --layer 1 --json",
    .writes = true,
    .make = makeVerb<ForwardVerb>};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/sae/encode_file.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

class EncodeVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--sae", "PATH", request_.sae, "the SAE's checkpoint").required();
    flags
        .path("--activations", "IN.safetensors", request_.activations,
              "a file of activations, a row a token")
        .required();
    flags.text("--tensor", "NAME", request_.tensor,
               "the tensor in it: [N, d], or [rows, length, d] as `forward --capture` writes");
    flags
        .path("--out", "OUT.safetensors", request_.out,
              "the file to write: `features` [N, M] and `reconstruction` [N, d]")
        .required();
    flags.toggle("--sparse", request_.sparse,
                 "write the features as `indptr`, `indices` and `values`, without zeros");
  }

  void run(const Session& session) override {
    request_.force = session.flags.force;
    applyThreads(session.flags.compute);
    const EncodeReport report = encodeFile(request_, session.job());
    nlohmann::ordered_json figures{{"tokens", report.tokens},
                                   {"l0", report.l0},
                                   {"recon_loss", report.reconstructionLoss},
                                   {"explained_variance", nullptr},
                                   {"out", request_.out.string()}};
    std::string variance = "not defined: the activations do not vary";
    if (report.explainedVariance) {
      figures["explained_variance"] = *report.explainedVariance;
      variance = fmt::format("{:.4f}", *report.explainedVariance);
    }
    session.report(figures, fmt::format("wrote {}: {} tokens\n"
                                        "  l0                  {:.2f}\n"
                                        "  recon_loss          {:.5g}\n"
                                        "  explained_variance  {}\n",
                                        request_.out.string(), report.tokens, report.l0,
                                        report.reconstructionLoss, variance));
  }

 private:
  EncodeRequest request_;
};

}  // namespace

const VerbEntry kEncode{
    .name = "encode",
    .group = "Models and SAEs",
    .summary = "put activations through an SAE: features and reconstruction",
    .usage = "--sae PATH --activations IN.safetensors --out OUT.safetensors [FLAGS]",
    .description =
        "Reads activations of the SAE's width, writes what each feature's value is on "
        "each of them and what the SAE makes of them, and tells l0 (active features a "
        "token), recon_loss (mean squared distance) and the explained variance.",
    .examples =
        "echo '[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]' > ids.json\n"
        "featurescope forward --model demo/model --ids ids.json --out values.safetensors "
        "--no-logits --capture gpt_neox.layers.1.mlp.dense_4h_to_h\n"
        "featurescope encode --sae demo/sae --activations values.safetensors --tensor "
        "gpt_neox.layers.1.mlp.dense_4h_to_h --out features.safetensors",
    .writes = true,
    .make = makeVerb<EncodeVerb>};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/study/demo.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

nlohmann::ordered_json partsOf(const std::vector<Study::Part>& parts) {
  auto list = nlohmann::ordered_json::array();
  for (const Study::Part& part : parts) {
    list.push_back({{"name", part.name}, {"path", part.path.string()}});
  }
  return list;
}

class DemoVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("--out", "STUDY", out_, "the folder to make").required();
  }

  void run(const Session& session) override {
    const Study study = makeDemoStudy(out_, session.flags.force);
    std::string sentences = fmt::format("wrote {}\n", out_.string());
    for (const Study::Part& index : study.indexes) {
      sentences += fmt::format("look at its features with\n  featurescope features {}\n",
                               (out_ / index.path.lexically_proximate(study.folder)).string());
    }
    sentences += fmt::format("or in the window with\n  featurescope gui {}\n", out_.string());
    session.report({{"study", out_.string()},
                    {"models", partsOf(study.models)},
                    {"saes", partsOf(study.saes)},
                    {"texts", partsOf(study.texts)},
                    {"indexes", partsOf(study.indexes)}},
                   sentences);
  }

 private:
  std::filesystem::path out_;
};

}  // namespace

const VerbEntry kDemo{
    .name = "demo",
    .group = "Start here",
    .summary = "make a small study to play with: a model, an SAE, a text and their index",
    .usage = "--out STUDY [FLAGS]",
    .description =
        "Everything in it is bundled with the program: a small language model of "
        "sentences, chess games and sums, its tokenizer, an SAE trained on it, texts, and "
        "the index of what the SAE's features fire on.",
    .examples = "featurescope demo --out demo",
    .writes = true,
    .make = makeVerb<DemoVerb>};

}  // namespace featurescope::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sibling_program.h"
#include "app/cli/verbs.h"

#include <utility>

namespace featurescope::cli {

namespace {

class GuiVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("STUDY", "", study_, "a study folder or an index to open");
  }

  void run(const Session& session) override {
    if (session.flags.json) {
      throw wrongUsage("cannot run `featurescope gui`", "a window has no JSON to print",
                       "leave --json out");
    }
    std::vector<std::string> arguments;
    if (study_) arguments.push_back(study_->string());
    becomeProgram("featurescope-gui", "cannot open the window", std::move(arguments));
  }

 private:
  std::optional<std::filesystem::path> study_;
};

}  // namespace

const VerbEntry kGui{
    .name = "gui",
    .group = "Start here",
    .summary = "open the window",
    .usage = "[STUDY] [FLAGS]",
    .description = "Starts featurescope-gui, with a study or an index where one is given.",
    .examples = "featurescope gui demo",
    .writes = false,
    .make = makeVerb<GuiVerb>};

}  // namespace featurescope::cli

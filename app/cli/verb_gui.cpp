// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <unistd.h>

namespace featurescope::cli {

namespace {

namespace fs = std::filesystem;

/// The window is a program of its own beside this one, so that this one needs no Qt.
fs::path windowProgram() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  fs::path window = self.parent_path() / "featurescope-gui";
  if (error || !fs::exists(window, error)) {
    throw UserError(ErrorCode::NotFound, "cannot open the window",
                    "there is no featurescope-gui beside this program",
                    "this build has no window; the other verbs do all it does");
  }
  return window;
}

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
    const fs::path window = windowProgram();
    std::string program = window.string(), study = study_ ? study_->string() : "";
    char* const arguments[] = {program.data(), study_ ? study.data() : nullptr, nullptr};
    Interruption::restoreDefaults();
    std::signal(SIGPIPE, SIG_DFL);
    ::execv(program.c_str(), arguments);
    throw UserError(ErrorCode::NotFound, "cannot open the window",
                    program + ": " + std::generic_category().message(errno));
  }

 private:
  std::optional<fs::path> study_;
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

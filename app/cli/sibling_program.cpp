// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sibling_program.h"

#include "app/cli/interruption.h"
#include "core/base/error.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace featurescope::cli {

namespace fs = std::filesystem;

void becomeProgram(const std::string& name, const std::string& what,
                   std::vector<std::string> arguments) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  std::string program = (self.parent_path() / name).string();
  if (error || !fs::exists(program, error)) {
    throw UserError(ErrorCode::NotFound, what, "there is no " + name + " beside this program",
                    "this build has no window; the other verbs do all it does");
  }
  std::vector<char*> pointers{program.data()};
  pointers.reserve(arguments.size() + 2);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  Interruption::restoreDefaults();
  std::signal(SIGPIPE, SIG_DFL);
  ::execv(program.c_str(), pointers.data());
  throw UserError(ErrorCode::NotFound, what,
                  program + ": " + std::generic_category().message(errno));
}

}  // namespace featurescope::cli

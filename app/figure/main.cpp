// SPDX-License-Identifier: GPL-3.0-or-later
// featurescope-figure: the verb figure of the command line, with Qt at hand. `featurescope figure`
// starts it.
#include "app/cli/program.h"

#include <csignal>

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe fails instead
  return featurescope::cli::runProgram({arguments + (count > 0 ? 1 : 0), arguments + count});
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/program.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace {

/// A descriptor that the caller left closed would be given to the next file opened, and what is
/// meant for a person would land in it. A closed stdout stays unwritable, so that it is reported.
void occupyStandardDescriptors() {
  while (true) {
    const int descriptor = ::open("/dev/null", O_RDONLY);
    if (descriptor < 0) return;
    if (descriptor > STDERR_FILENO) {
      ::close(descriptor);
      return;
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  occupyStandardDescriptors();
  std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe fails instead
  return featurescope::cli::runProgram({arguments + (count > 0 ? 1 : 0), arguments + count});
}

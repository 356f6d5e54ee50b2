// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/cut_short.h"

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace featurescope {

namespace {

void endWithASentence(int signal, siginfo_t* what, void* /*context*/) {
  constexpr std::string_view kSentence =
      "featurescope: error: cannot read a file: another program cut it short meanwhile "
      "(try again when it is whole)\n";
  const bool gone = what->si_code == BUS_ADRERR;
  if (gone && ::write(STDERR_FILENO, kSentence.data(), kSentence.size()) > 0) ::_exit(1);
  std::signal(signal, SIG_DFL);  // what is done again on return ends it as before
}

}  // namespace

void endWhereMappedBytesAreGone() {
  struct sigaction action {};
  action.sa_sigaction = endWithASentence;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace featurescope

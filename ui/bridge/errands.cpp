// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/errands.h"

#include "ui/bridge/hand_over.h"

namespace featurescope {

void Errands::run(std::string what, std::function<void()> work, Done done) {
  thread_.add([this, what = std::move(what), work = std::move(work), done = std::move(done)] {
    std::optional<Failure> failure;
    try {
      work();
    } catch (...) {
      failure = currentFailure(what);
    }
    handOver(this, [done, failure] { done(failure); });
  });
}

}  // namespace featurescope

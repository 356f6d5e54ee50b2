// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/reproduce/settings.h"
#include "core/base/progress.h"

#include <functional>
#include <string>
#include <vector>

namespace featurescope::reproduction {

/// A part of the work, whose output appears whole under its final name: it is done when that is
/// there, and what of it was interrupted is gone on with, or done anew.
struct Step {
  std::string name;   ///< "training"
  std::string doing;  ///< "training an SAE"
  std::function<bool()> done;
  std::function<void(const JobContext&)> run;  ///< throws UserError and Interrupted
};

/// What is measured, in the order in which one step needs the other's output. Both arguments
/// outlive the steps.
[[nodiscard]] std::vector<Step> plan(const Settings& settings, const Layout& layout);

}  // namespace featurescope::reproduction

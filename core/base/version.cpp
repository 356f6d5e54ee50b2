// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"

namespace featurescope {

std::string_view programVersion() { return FEATURESCOPE_VERSION; }

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace featurescope {

/// A program calls it when it begins: from then on, where another program has cut a mapped file
/// short (MappedFile) and its bytes are gone, it ends with a sentence and status 1, not by SIGBUS.
void endWhereMappedBytesAreGone();

}  // namespace featurescope

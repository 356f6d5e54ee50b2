// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/pickle_machine.h"

#include <cstddef>
#include <map>
#include <string>

namespace featurescope {

/// An unpickled value as one level of names: keys and list places joined by '.'.
struct StateDict {
  std::map<std::string, std::size_t, std::less<>> tensors;  ///< places in Heap::tensors
  std::map<std::string, std::string, std::less<>> texts;    ///< texts, numbers, true and false
};

/// A pickle of nothing but a tensor gives the name "tensor". `what` starts the errors.
/// Throws UserError{BadFile} when values contain themselves, or two have one name.
[[nodiscard]] StateDict flattenStateDict(const Unpickled& unpickled, const std::string& what);

}  // namespace featurescope

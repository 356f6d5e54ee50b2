// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/pickle_value.h"

#include <cstddef>
#include <span>
#include <string>

namespace featurescope {

struct Unpickled {
  pickle::Heap heap;
  pickle::Ref root = 0;
};

/// Runs a pickle of protocol 2 to 5 with the globals of torch_globals.h; nothing is executed.
/// The result's texts are views of `bytes`. `what` starts the errors.
/// Throws UserError{BadFile} for a broken pickle, UserError{Unsupported} for a global or an opcode
/// that is not allowed, by its name.
[[nodiscard]] Unpickled unpickle(std::span<const std::byte> bytes, const std::string& what);

}  // namespace featurescope

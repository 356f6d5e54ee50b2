// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/pickle_value.h"
#include "core/tensorfile/tensor.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// What a pickle may name; everything else is refused. Nothing of it is Python: each stands for a
/// few lines of our own in callTorchGlobal.
struct TorchGlobal {
  enum class Role {
    MakeDict,      ///< OrderedDict, Counter
    MakeSequence,  ///< torch.Size, set
    MakeOpaque,    ///< bytes, complex numbers
    MakeDevice,
    RebuildTensor,     ///< (storage, offset, size, stride, …)
    RebuildTensorV3,   ///< (storage, offset, size, stride, requires_grad, hooks, dtype, …)
    RebuildParameter,  ///< (tensor, …)
    RebuildFromType,   ///< (function, type, arguments, state)
    Class,             ///< stands as an argument only
    StorageType,
    ElementType,
  };
  std::string_view module;
  std::string_view name;
  Role role = Role::Class;
  std::optional<DType> dtype = std::nullopt;  ///< of the last two roles, where we read it
};

/// The entry for a global, or nullptr when it is not allowed.
[[nodiscard]] const TorchGlobal* findTorchGlobal(std::string_view module, std::string_view name);

/// The value of `global(*arguments)`. `what` starts the errors. Throws UserError{BadFile,
/// Unsupported} for arguments that do not fit, views outside of their storage included.
[[nodiscard]] pickle::Ref callTorchGlobal(pickle::Heap& heap, const TorchGlobal& global,
                                          pickle::Ref arguments, const std::string& what);

/// The storage that a persistent id ('storage', type, key, location, elements) names.
[[nodiscard]] pickle::Ref persistentStorage(pickle::Heap& heap, pickle::Ref id,
                                            const std::string& what);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QString>

#include <string_view>

namespace featurescope {

/// A UserError as the window shows it: what failed, why, and what to do next.
struct Failure {
  ErrorCode code = ErrorCode::Internal;
  QString what, why, next;

  /// "What failed: why", first letter large.
  [[nodiscard]] QString sentence() const;
};

[[nodiscard]] Failure toFailure(const UserError& error);

/// The Failure of the exception in flight, whatever its type; call it inside a catch block only.
[[nodiscard]] Failure currentFailure(std::string_view what);

}  // namespace featurescope

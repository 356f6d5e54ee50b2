// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>
#include <string_view>

namespace featurescope::cli {

/// The reader of our output has gone (`featurescope … | head`): no error, there is nobody left to
/// work for.
class OutputClosed : public Interrupted {};

/// Standard output, buffered. Throws UserError{CannotWrite} (a full device) and OutputClosed.
class Output {
 public:
  void write(std::string_view text);
  void flush();

 private:
  std::string buffer_;
};

}  // namespace featurescope::cli

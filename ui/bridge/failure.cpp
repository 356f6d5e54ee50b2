// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/failure.h"

namespace featurescope {

QString Failure::sentence() const {
  QString text = why.isEmpty() ? what : what + QStringLiteral(": ") + why;
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

Failure toFailure(const UserError& error) {
  return {error.code(), QString::fromStdString(error.whatFailed()),
          QString::fromStdString(error.why()), QString::fromStdString(error.next())};
}

Failure currentFailure(std::string_view what) {
  try {
    throw;
  } catch (const UserError& error) {
    return toFailure(error);
  } catch (...) {
    return toFailure(describeCurrentException(what));
  }
}

}  // namespace featurescope

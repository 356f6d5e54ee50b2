// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/failure.h"

#include <QCoreApplication>

namespace featurescope {

QString Failure::sentence() const {
  QString text = why.isEmpty() ? what : what + QStringLiteral(": ") + why;
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

Failure toFailure(const UserError& error) {
  // Core speaks of a flag; in the window it is a tick.
  if (error.code() == ErrorCode::OutputExists) {
    return {error.code(), QString::fromStdString(error.whatFailed()),
            QString::fromStdString(error.why()),
            QCoreApplication::translate("Failure", "choose another name, or allow to replace it")};
  }
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

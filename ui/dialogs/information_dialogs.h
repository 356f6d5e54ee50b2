// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPair>
#include <QString>

class QWidget;

namespace featurescope {

/// Keys and what they do, in the order they are shown.
using ShortcutList = QList<QPair<QString, QString>>;

/// Shows the shortcuts; not modal.
void showShortcuts(const ShortcutList& shortcuts, QWidget* parent);

/// Shows what this program is, its version and licence; not modal.
void showAbout(QWidget* parent);

}  // namespace featurescope

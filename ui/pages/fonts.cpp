// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/fonts.h"

#include <QStringList>

namespace featurescope {

QFont textFont(int pixels) {
  QFont font(QStringList{"Inter", "Noto Sans", "DejaVu Sans", "Sans Serif"});
  font.setPixelSize(pixels);
  return font;
}

QFont tokenFont(int pixels) {
  QFont font(QStringList{"JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Monospace"});
  font.setStyleHint(QFont::Monospace);
  font.setPixelSize(pixels);
  return font;
}

}  // namespace featurescope

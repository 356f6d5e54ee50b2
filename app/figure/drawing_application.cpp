// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/figure/drawing_application.h"

#include <QHashSeed>

#include <cstdio>
#include <cstdlib>

namespace featurescope::cli {

namespace {

/// Qt's own remarks help nobody who asked for a figure. Nothing may be thrown through Qt.
void tellQtMessage(QtMsgType type, const QMessageLogContext&, const QString& text) {
  if (type != QtFatalMsg) return;
  std::fprintf(stderr,
               "featurescope: error: cannot draw the figure: %s (is Qt's platform plugin "
               "\"offscreen\" installed?)\n",
               qPrintable(text.section(u'\n', 0, 0)));
  std::_Exit(1);
}

}  // namespace

void DrawingApplication::prepare() {
  // The order of fonts in a PDF is that of a hash table.
  QHashSeed::setDeterministicGlobalSeed();
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qInstallMessageHandler(tellQtMessage);
}

DrawingApplication::DrawingApplication()
    : application_((prepare(), count_), static_cast<char**>(arguments_)) {}

}  // namespace featurescope::cli

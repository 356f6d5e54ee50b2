// SPDX-License-Identifier: GPL-3.0-or-later
// How `featurescope`, which knows no Qt, draws a figure.
#include "app/cli/figure_request.h"
#include "app/cli/sibling_program.h"

namespace featurescope::cli {

void makeFigure(const FigureRequest& request, const Session& session) {
  becomeProgram("featurescope-figure", "cannot draw " + request.kind, session.arguments);
}

}  // namespace featurescope::cli

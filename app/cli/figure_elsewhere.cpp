// SPDX-License-Identifier: GPL-3.0-or-later
// How `featurescope`, which knows no Qt, draws figures.
#include "app/cli/figure_request.h"
#include "app/cli/reproduce_request.h"
#include "app/cli/sibling_program.h"

namespace featurescope::cli {

void makeFigure(const FigureRequest& request, const Session& session) {
  becomeProgram("featurescope-figure", "cannot draw " + request.kind, session.arguments);
}

void reproduce(const ReproduceRequest&, const Session& session) {
  becomeProgram("featurescope-figure", "cannot draw the paper's figures", session.arguments);
}

}  // namespace featurescope::cli

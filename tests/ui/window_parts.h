// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/errands.h"
#include "ui/bridge/index_session.h"
#include "ui/bridge/job_queue.h"
#include "ui/bridge/note_keeper.h"
#include "ui/bridge/run_watch.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"

namespace featurescope::test {

/// What a page works with, without a window around it.
struct WindowParts {
  IndexSession session;
  Selection selection;
  JobQueue jobs;
  Errands errands;
  RunWatch runs;
  NoteKeeper notes;
  WindowContext context{session, selection, jobs, errands, runs, notes};
};

}  // namespace featurescope::test

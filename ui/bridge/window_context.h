// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace featurescope {

class Errands;
class IndexSession;
class JobQueue;
class NoteKeeper;
class RunWatch;
class Selection;

/// What every page works with. The window owns all of it; it outlives the pages.
struct WindowContext {
  IndexSession& session;  ///< the open index and study, and questions to them
  Selection& selection;   ///< what the window looks at
  JobQueue& jobs;
  Errands& errands;
  RunWatch& runs;
  NoteKeeper& notes;  ///< labels, notes and bookmarks
};

}  // namespace featurescope

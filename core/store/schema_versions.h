// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/schema.h"

namespace featurescope {

// One step of the schema each, never changed once files have it: what is new comes as a next step.
// Tables are made anew where they gain columns, so that their CREATE statements, with comments, are
// the same in every file and through every version of SQLite.

/// Corpus, features and their top activations.
extern const Migration kSchemaVersion1;
/// Postings, bytes of tokens, repeats; per feature examples, histogram, tokens, logits, neighbours.
extern const Migration kSchemaVersion2;

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace featurescope {

/// Lets the heap take every block of some megabytes from the system and give it back when it is
/// freed. Jobs that allocate a model's activations batch after batch, and between them keep a few
/// small things of each batch, call it once: otherwise glibc puts both into one heap, where the
/// small ones take the large ones' places, and the program grows by megabytes a batch for as long
/// as it runs (5 KB a token, measured). For the process; harmless to repeat; nothing on other
/// C libraries.
void keepLargeBlocksApart();

}  // namespace featurescope

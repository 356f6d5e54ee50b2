// SPDX-License-Identifier: GPL-3.0-or-later
// Carries the precompiled torch header that the torch rooms reuse (Rooms.cmake).

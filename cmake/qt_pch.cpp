// SPDX-License-Identifier: GPL-3.0-or-later
// Carries the precompiled Qt header that the rooms of widgets reuse (Rooms.cmake).

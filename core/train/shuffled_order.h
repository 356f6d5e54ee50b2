// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <cstdint>
#include <span>
#include <utility>

namespace featurescope {

/// Puts `items` in a random order, every order equally likely (Fisher and Yates).
template <class T>
void shuffle(std::span<T> items, RandomStream& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.below(left)]);
  }
}

}  // namespace featurescope

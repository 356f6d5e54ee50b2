// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/context_loss.h"

namespace featurescope {

ContextLoss sumOf(std::span<const ContextLoss> contexts) {
  ContextLoss total;
  for (const ContextLoss& context : contexts) {
    total.predicted += context.predicted;
    total.base += context.base;
    total.sae += context.sae;
    total.zero += context.zero;
    total.mean += context.mean;
  }
  return total;
}

std::optional<double> recovered(double ablated, double sae, double base) {
  if (ablated == base) return std::nullopt;
  return (ablated - sae) / (ablated - base);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"

#include <array>

namespace featurescope::cli {

std::span<const VerbEntry* const> verbs() {
  static constexpr std::array kVerbs{
      &kDemo,      &kGui,      &kBench,                                           // start here
      &kInfo,      &kTokenize,                                                    // look at files
      &kTrain,     &kFinetune, &kResume,      &kForward,   &kEncode,  &kConvert,  // models and SAEs
      &kIndex,     &kFeatures, &kActivations, &kSearch,  // what features fire on
      &kInspect,   &kCompare,  &kEvaluate,    &kAttribute, &kCosines, &kFigure,
      &kReproduce, &kUpgrade};
  return kVerbs;
}

}  // namespace featurescope::cli

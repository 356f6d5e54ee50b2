// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"

namespace featurescope::cli {

extern const VerbEntry kInfo, kTokenize, kForward, kEncode, kConvert, kTrain, kFinetune, kResume,
    kIndex, kFeatures, kActivations, kSearch, kCompare, kEvaluate, kCosines, kAttribute, kInspect,
    kUpgrade, kFigure, kReproduce, kDemo, kGui, kBench;

}  // namespace featurescope::cli

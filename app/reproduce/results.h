// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/reproduce/settings.h"
#include "core/analysis/cosines.h"
#include "core/finetune/measured_losses.h"
#include "core/lm/neox_config.h"
#include "core/store/index_reader.h"
#include "core/study/run_record.h"
#include "ui/bridge/fine_tuning_result.h"

#include <memory>
#include <vector>

namespace featurescope::reproduction {

/// What the steps measured, read from their files.
struct Results {
  Json evaluation, wrongLayer, layers;  ///< as `featurescope evaluate --json` prints them
  std::shared_ptr<const RunRecord> training, fineTuning;
  std::vector<MeasuredLosses> measured;  ///< of the fine-tuning; its training text first
  FineTuningResult tuned;
  IndexReader index, tunedIndex;
  CosinesReport cosines;
  NeoxConfig model, tunedModel;
  FeatureId secondFeature;                               ///< by density; ties by id
  std::optional<FeatureId> mostEnhanced, mostInhibited;  ///< nothing where no feature is

  [[nodiscard]] bool anyDead() const { return cosines.decoderDirection.dead.features > 0; }
};

[[nodiscard]] Results readResults(const Settings& settings, const Layout& layout);

}  // namespace featurescope::reproduction

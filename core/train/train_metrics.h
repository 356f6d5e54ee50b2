// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/train_autoencoder.h"

#include <string>
#include <string_view>

namespace featurescope {

/// The header of metrics.csv, a row's end included.
[[nodiscard]] std::string metricsHeader();
/// One row of it.
[[nodiscard]] std::string metricsRow(const TrainMetrics& figures);

/// The figures by metrics.csv's names, and `steps`, the updates made.
[[nodiscard]] Json toJson(const TrainMetrics& figures);
/// What toJson wrote, value for value. Throws UserError{BadFile} that starts with `what`.
[[nodiscard]] TrainMetrics trainMetricsFromJson(const Json& figures, std::string_view what);

}  // namespace featurescope

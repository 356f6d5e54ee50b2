// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/objective_torch.h"
#include "core/train/train_autoencoder.h"

#include <filesystem>

namespace featurescope {

/// The SAE of x for one that was trained on x/σ: the same features times σ, x̂ times σ. Exact but
/// for rounding, since every activation function is homogeneous: W_enc and W_dec stay, biases and
/// thresholds are multiplied by σ.
[[nodiscard]] TrainedAutoencoder scaledBack(TrainedAutoencoder trained, double sigma);

/// Saves it in SAELens' layout with where it comes from.
void saveTrained(const std::filesystem::path& folder, const TrainedAutoencoder& trained,
                 const TrainSettings& settings, const TrainMetrics& last);

}  // namespace featurescope

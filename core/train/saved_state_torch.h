// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/random.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace featurescope {

/// What a part of a run must keep to go on bit for bit: tensors and figures by name. Whatever is
/// read from one may come from a damaged file: the readers below throw UserError{BadFile} for what
/// is missing or has another shape or type.
struct SavedState {
  /// Any shape and device; float64, float32, int64, int32, uint8 or bool. The owner may go on
  /// writing to them: they are written to the disk before the run's next step.
  std::map<std::string, at::Tensor> tensors;
  /// Figures must be finite; a double comes back as the same double.
  Json values = Json::object();

  /// Takes in what a part saved, under the part's name. Parts may have parts.
  void merge(std::string_view part, SavedState of);
  /// What merge took in under this name; empty when it took in nothing.
  [[nodiscard]] SavedState part(std::string_view name) const;

  void set(std::string name, const RandomStream& random);
  [[nodiscard]] RandomStream randomStream(std::string_view name) const;

  /// A figure, as member() of core/base/json.h.
  template <class T>
  [[nodiscard]] T value(std::string_view name) const {
    return member<T>(values, name, kWhatFails);
  }
  /// A tensor of its own whose first size is the file's and whose others are `furtherSizes`.
  [[nodiscard]] at::Tensor tensor(const std::string& name, at::ScalarType type,
                                  at::IntArrayRef furtherSizes = {}) const;
  /// Copies into a tensor of the same shape and type, on whatever device it lies.
  void copyTo(at::Tensor& target, const std::string& name) const;

  static constexpr const char* kWhatFails = "cannot go on from the saved state";
};

/// Writes `state` into `folder`, which exists, as state.safetensors and state.json, each flushed to
/// the disk. Copies no tensor that lies contiguous in the CPU's memory.
void writeState(const std::filesystem::path& folder, const SavedState& state);

/// What writeState wrote, its tensors mapped. Throws UserError{BadFile, NotFound} when anything of
/// it is missing or not as it was written.
[[nodiscard]] SavedState readState(const std::filesystem::path& folder);

}  // namespace featurescope

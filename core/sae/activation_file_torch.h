// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace featurescope {

/// A tensor of a safetensors file, [N, d] of any floating type, mapped: rows are read when asked
/// for. Of more dimensions, the last is d and all others are tokens. Safe to read from many
/// threads.
class ActivationFile {
 public:
  /// Throws UserError{NotFound, BadFile, ShapeMismatch}; N and d are at least 1.
  explicit ActivationFile(const std::filesystem::path& path,
                          const std::string& tensor = "activations");

  [[nodiscard]] std::int64_t rows() const { return tensor_.size(0); }
  [[nodiscard]] std::int64_t width() const { return tensor_.size(1); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Throws UserError{ShapeMismatch} when the file's width is not `width`, that of an SAE.
  void checkWidth(std::int64_t width) const;

  /// Rows [first, first + count) as float32 [count, d] of their own.
  /// Throws UserError{NotFinite} naming the first bad row.
  [[nodiscard]] at::Tensor read(std::int64_t first, std::int64_t count) const;
  /// The rows of these numbers, int64 [count], as float32 [count, d].
  [[nodiscard]] at::Tensor read(const at::Tensor& rowNumbers) const;

 private:
  std::filesystem::path path_;
  at::Tensor tensor_;
};

}  // namespace featurescope

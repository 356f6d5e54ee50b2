// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/activation_file_torch.h"
#include "core/sae/finite_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"

#include <fmt/format.h>

namespace featurescope {

namespace {

std::string cannotRead(const std::filesystem::path& path) {
  return "cannot read the activations " + path.string();
}

/// The first row of `chunk` that holds a value which is not finite.
std::int64_t firstBadRow(const at::Tensor& chunk) {
  return at::isfinite(chunk).all(1).logical_not().nonzero()[0].item<std::int64_t>();
}

}  // namespace

ActivationFile::ActivationFile(const std::filesystem::path& path, const std::string& tensor)
    : path_(path) {
  const TensorFile file = TensorFile::open(path);
  tensor_ = toTorch(file.tensor(tensor));
  const std::string found =
      fmt::format("its tensor {} is {} of type {}", tensor, shapeText(tensor_.sizes()),
                  name(dtypeOf(tensor_.scalar_type())));
  if (tensor_.dim() < 2 || !tensor_.is_floating_point()) {
    throw UserError(ErrorCode::ShapeMismatch, cannotRead(path), found,
                    "floats of shape [tokens, width] are needed");
  }
  if (tensor_.numel() == 0) {
    throw UserError(ErrorCode::ShapeMismatch, cannotRead(path), found, "there is nothing in it");
  }
  tensor_ = tensor_.flatten(0, -2);
}

void ActivationFile::checkWidth(std::int64_t expected) const {
  if (width() == expected) return;
  throw UserError(ErrorCode::ShapeMismatch, "cannot encode " + path_.string(),
                  fmt::format("it has {} values a token, the SAE reads {}", width(), expected),
                  "choose the SAE that belongs to these activations");
}

at::Tensor ActivationFile::read(std::int64_t first, std::int64_t count) const {
  at::Tensor chunk = tensor_.narrow(0, first, count).to(at::kFloat, false, /*copy=*/true);
  if (!allFinite(chunk)) {
    throw UserError(ErrorCode::NotFinite, cannotRead(path_),
                    fmt::format("row {} holds a value that is not a finite number",
                                first + firstBadRow(chunk)));
  }
  return chunk;
}

at::Tensor ActivationFile::read(const at::Tensor& rowNumbers) const {
  at::Tensor chunk = tensor_.index_select(0, rowNumbers).to(at::kFloat);
  if (!allFinite(chunk)) {
    throw UserError(ErrorCode::NotFinite, cannotRead(path_),
                    fmt::format("row {} holds a value that is not a finite number",
                                rowNumbers[firstBadRow(chunk)].item<std::int64_t>()));
  }
  return chunk;
}

}  // namespace featurescope

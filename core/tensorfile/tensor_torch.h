// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <ATen/ATen.h>

#include <string_view>
#include <utility>

namespace featurescope {

[[nodiscard]] inline at::ScalarType scalarType(DType dtype) {
  switch (dtype) {
    case DType::F64:
      return at::kDouble;
    case DType::F32:
      return at::kFloat;
    case DType::F16:
      return at::kHalf;
    case DType::BF16:
      return at::kBFloat16;
    case DType::I64:
      return at::kLong;
    case DType::I32:
      return at::kInt;
    case DType::I16:
      return at::kShort;
    case DType::I8:
      return at::kChar;
    case DType::U8:
      return at::kByte;
    case DType::Bool:
      return at::kBool;
  }
  return at::kFloat;
}

[[nodiscard]] inline DType dtypeOf(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return DType::F64;
    case at::kHalf:
      return DType::F16;
    case at::kBFloat16:
      return DType::BF16;
    case at::kLong:
      return DType::I64;
    case at::kInt:
      return DType::I32;
    case at::kShort:
      return DType::I16;
    case at::kChar:
      return DType::I8;
    case at::kByte:
      return DType::U8;
    case at::kBool:
      return DType::Bool;
    default:
      return DType::F32;
  }
}

/// PyTorch's name of a floating type, as config files have it: "float32".
[[nodiscard]] inline std::string_view torchName(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    default:
      return "float32";
  }
}

/// The same memory as a torch tensor; it keeps the file's mapping alive. Writing to it is private.
[[nodiscard]] inline at::Tensor toTorch(const Tensor& tensor) {
  return at::from_blob(
      const_cast<std::byte*>(tensor.bytes.data()), tensor.shape, [owner = tensor.owner](void*) {},
      at::TensorOptions(scalarType(tensor.dtype)));
}

/// The tensor's memory (made contiguous and brought to the CPU where it isn't) as a file tensor.
[[nodiscard]] inline Tensor fromTorch(const at::Tensor& tensor) {
  auto held = std::make_shared<at::Tensor>(tensor.detach().to(at::kCPU).contiguous());
  Tensor result;
  result.dtype = dtypeOf(held->scalar_type());
  result.shape = held->sizes().vec();
  result.bytes = {static_cast<const std::byte*>(held->data_ptr()), held->nbytes()};
  result.owner = std::move(held);
  return result;
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace featurescope {

struct TorchGlobal;

/// The values of one pickle, all in one heap and named by their place in it: they may be shared and
/// may contain themselves, and are freed without recursion. Texts are views of the pickle's bytes.
namespace pickle {

using Ref = std::uint32_t;

struct None {};
/// Something that is legal, carries no weights and is of no use to us: bytes, complex numbers.
struct Opaque {};
struct Text {
  std::string_view text;
};
struct Tuple {
  std::vector<Ref> items;
};
/// Lists, and sets too.
struct List {
  std::vector<Ref> items;
};
/// In the order of insertion; a later item replaces an earlier one of the same key.
struct Dict {
  std::vector<std::pair<Ref, Ref>> items;
};
struct Storage {
  std::string_view key;  ///< names the record data/KEY
  const TorchGlobal* type = nullptr;
  std::int64_t elements = 0;  ///< of `type`
};
/// A place in Heap::tensors.
struct TensorView {
  std::size_t index = 0;
};

using Value = std::variant<None, bool, std::int64_t, double, Text, Opaque, const TorchGlobal*,
                           Tuple, List, Dict, Storage, TensorView>;

/// A tensor as torch describes it: a strided view of a storage, checked to lie inside of it.
struct Tensor {
  Storage storage;
  std::optional<DType> dtype;  ///< nothing: a type that we do not read
  std::string_view typeName;
  std::int64_t offset = 0;  ///< in elements, as the strides are
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

struct Heap {
  /// Far more than any state dict holds; a bound for what a broken file can make us allocate.
  static constexpr std::size_t kMostValues = 4'000'000;

  std::vector<Value> values;
  std::vector<Tensor> tensors;
  std::size_t copiedItems = 0;

  template <class T>
  [[nodiscard]] T* get(Ref ref) {
    return std::get_if<T>(&values[ref]);
  }
  template <class T>
  [[nodiscard]] const T* get(Ref ref) const {
    return std::get_if<T>(&values[ref]);
  }
  Ref add(Value value) {
    values.push_back(std::move(value));
    return static_cast<Ref>(values.size() - 1);
  }
};

}  // namespace pickle

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/torch_globals.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace featurescope {

namespace {

using pickle::Heap;
using pickle::Ref;
using Role = TorchGlobal::Role;

constexpr TorchGlobal storageType(std::string_view name, std::optional<DType> dtype) {
  return {"torch", name, Role::StorageType, dtype};
}

constexpr TorchGlobal elementType(std::string_view name, std::optional<DType> dtype) {
  return {"torch", name, Role::ElementType, dtype};
}

constexpr std::array kGlobals{
    TorchGlobal{"collections", "OrderedDict", Role::MakeDict},
    TorchGlobal{"collections", "Counter", Role::MakeDict},
    TorchGlobal{"torch", "Size", Role::MakeSequence},
    TorchGlobal{"builtins", "set", Role::MakeSequence},
    TorchGlobal{"__builtin__", "set", Role::MakeSequence},
    TorchGlobal{"builtins", "frozenset", Role::MakeSequence},
    TorchGlobal{"__builtin__", "frozenset", Role::MakeSequence},
    TorchGlobal{"_codecs", "encode", Role::MakeOpaque},
    TorchGlobal{"builtins", "bytearray", Role::MakeOpaque},
    TorchGlobal{"__builtin__", "bytearray", Role::MakeOpaque},
    TorchGlobal{"builtins", "complex", Role::MakeOpaque},
    TorchGlobal{"__builtin__", "complex", Role::MakeOpaque},
    TorchGlobal{"torch", "device", Role::MakeDevice},
    TorchGlobal{"torch._utils", "_rebuild_tensor", Role::RebuildTensor},
    TorchGlobal{"torch._utils", "_rebuild_tensor_v2", Role::RebuildTensor},
    TorchGlobal{"torch._utils", "_rebuild_tensor_v3", Role::RebuildTensorV3},
    TorchGlobal{"torch._utils", "_rebuild_parameter", Role::RebuildParameter},
    TorchGlobal{"torch._utils", "_rebuild_parameter_with_state", Role::RebuildParameter},
    TorchGlobal{"torch._tensor", "_rebuild_from_type_v2", Role::RebuildFromType},
    TorchGlobal{"torch", "Tensor", Role::Class},
    TorchGlobal{"torch.nn.parameter", "Parameter", Role::Class},
    storageType("DoubleStorage", DType::F64),
    storageType("FloatStorage", DType::F32),
    storageType("HalfStorage", DType::F16),
    storageType("BFloat16Storage", DType::BF16),
    storageType("LongStorage", DType::I64),
    storageType("IntStorage", DType::I32),
    storageType("ShortStorage", DType::I16),
    storageType("CharStorage", DType::I8),
    storageType("ByteStorage", DType::U8),
    storageType("BoolStorage", DType::Bool),
    TorchGlobal{"torch.storage", "UntypedStorage", Role::StorageType, DType::U8},
    storageType("UntypedStorage", DType::U8),
    storageType("ComplexDoubleStorage", std::nullopt),
    storageType("ComplexFloatStorage", std::nullopt),
    storageType("QInt8Storage", std::nullopt),
    storageType("QInt32Storage", std::nullopt),
    storageType("QUInt8Storage", std::nullopt),
    storageType("QUInt4x2Storage", std::nullopt),
    storageType("QUInt2x4Storage", std::nullopt),
    elementType("float64", DType::F64),
    elementType("float32", DType::F32),
    elementType("float16", DType::F16),
    elementType("bfloat16", DType::BF16),
    elementType("int64", DType::I64),
    elementType("int32", DType::I32),
    elementType("int16", DType::I16),
    elementType("int8", DType::I8),
    elementType("uint8", DType::U8),
    elementType("bool", DType::Bool),
    elementType("uint16", std::nullopt),
    elementType("uint32", std::nullopt),
    elementType("uint64", std::nullopt),
    elementType("complex32", std::nullopt),
    elementType("complex64", std::nullopt),
    elementType("complex128", std::nullopt),
    elementType("float8_e4m3fn", std::nullopt),
    elementType("float8_e4m3fnuz", std::nullopt),
    elementType("float8_e5m2", std::nullopt),
    elementType("float8_e5m2fnuz", std::nullopt),
    elementType("float8_e8m0fnu", std::nullopt),
    elementType("float4_e2m1fn_x2", std::nullopt),
};

/// One call: the arguments, taken apart with errors that name the function.
class Call {
 public:
  Call(Heap& heap, const TorchGlobal& global, Ref arguments, const std::string& what)
      : heap_(heap), global_(global), what_(what) {
    const auto* tuple = heap.get<pickle::Tuple>(arguments);
    if (tuple == nullptr) fail("its arguments are not a tuple");
    arguments_ = tuple->items;  // stays in place when the heap grows
  }

  Ref result() {
    switch (global_.role) {
      case Role::MakeDict:
        return makeDict();
      case Role::MakeSequence:
        return makeSequence();
      case Role::MakeOpaque:
        return heap_.add(pickle::Opaque{});
      case Role::MakeDevice:
        return at(0);
      case Role::RebuildTensor:
        return rebuildTensor(storageAt(0).type);
      case Role::RebuildTensorV3:
        return rebuildTensor(elementTypeAt(6));
      case Role::RebuildParameter:
        return rebuildParameter();
      case Role::RebuildFromType:
      case Role::Class:
      case Role::StorageType:
      case Role::ElementType:
        break;
    }
    fail("it cannot be called like this");
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw UserError(
        ErrorCode::BadFile, what_,
        fmt::format("its pickle calls {}.{} wrongly: {}", global_.module, global_.name, why));
  }

  Ref at(std::size_t i) const {
    if (i >= arguments_.size()) fail("arguments are missing");
    return arguments_[i];
  }

  const pickle::Storage& storageAt(std::size_t i) const {
    const auto* storage = heap_.get<pickle::Storage>(at(i));
    if (storage == nullptr) fail("a storage is expected");
    return *storage;
  }

  const TorchGlobal* elementTypeAt(std::size_t i) const {
    const auto* global = heap_.get<const TorchGlobal*>(at(i));
    if (global == nullptr || (*global)->role != Role::ElementType) fail("a dtype is expected");
    return *global;
  }

  std::int64_t integerOf(Ref ref) const {
    const auto* integer = heap_.get<std::int64_t>(ref);
    if (integer == nullptr || *integer < 0) fail("a number of 0 or more is expected");
    return *integer;
  }

  const std::vector<Ref>& sequenceAt(std::size_t i) const {
    if (const auto* tuple = heap_.get<pickle::Tuple>(at(i))) return tuple->items;
    if (const auto* list = heap_.get<pickle::List>(at(i))) return list->items;
    fail("a sequence is expected");
  }

  std::vector<std::int64_t> integersAt(std::size_t i) const {
    constexpr std::size_t kMostDimensions = 64;
    const std::vector<Ref>& sequence = sequenceAt(i);
    if (sequence.size() > kMostDimensions) fail("a tensor has at most 64 dimensions");
    std::vector<std::int64_t> integers;
    integers.reserve(sequence.size());
    for (const Ref ref : sequence) integers.push_back(integerOf(ref));
    return integers;
  }

  /// dict(), dict(another) or dict([(key, value), …]).
  Ref makeDict() {
    pickle::Dict dict;
    if (!arguments_.empty()) {
      if (const auto* other = heap_.get<pickle::Dict>(at(0))) {
        chargeCopy(other->items.size());
        dict = *other;
      } else {
        chargeCopy(sequenceAt(0).size());
        for (const Ref item : sequenceAt(0)) dict.items.push_back(pairOf(item));
      }
    }
    return heap_.add(std::move(dict));
  }

  /// A few bytes of a pickle may ask for the copy of a large list, again and again.
  void chargeCopy(std::size_t items) {
    heap_.copiedItems += items;
    if (heap_.copiedItems > Heap::kMostValues) fail("it copies more than a state dict would");
  }

  std::pair<Ref, Ref> pairOf(Ref ref) const {
    const std::vector<Ref>* items = nullptr;
    if (const auto* tuple = heap_.get<pickle::Tuple>(ref)) items = &tuple->items;
    if (const auto* list = heap_.get<pickle::List>(ref)) items = &list->items;
    if (items == nullptr || items->size() != 2) fail("pairs are expected");
    return {(*items)[0], (*items)[1]};
  }

  Ref makeSequence() {
    pickle::Tuple tuple;
    if (!arguments_.empty()) {
      chargeCopy(sequenceAt(0).size());
      tuple.items = sequenceAt(0);
    }
    return heap_.add(std::move(tuple));
  }

  Ref rebuildParameter() {
    if (heap_.get<pickle::TensorView>(at(0)) == nullptr) fail("a tensor is expected");
    return at(0);
  }

  Ref rebuildTensor(const TorchGlobal* type) {
    pickle::Tensor tensor;
    tensor.storage = storageAt(0);
    tensor.dtype = type->dtype;
    tensor.typeName = type->name;
    tensor.offset = integerOf(at(1));
    tensor.shape = integersAt(2);
    tensor.strides = integersAt(3);
    if (tensor.strides.size() != tensor.shape.size()) fail("sizes and strides do not match");
    chargeCopy(2 * tensor.shape.size());
    checkNotConjugated();
    if (tensor.dtype) checkBounds(tensor);
    heap_.tensors.push_back(std::move(tensor));
    return heap_.add(pickle::TensorView{heap_.tensors.size() - 1});
  }

  /// The last argument may be a dict that says that the values are to be negated or conjugated.
  void checkNotConjugated() const {
    const auto* metadata = heap_.get<pickle::Dict>(arguments_.back());
    if (metadata == nullptr || arguments_.size() < 7) return;
    for (const auto& [key, value] : metadata->items) {
      const auto* set = heap_.get<bool>(value);
      if (set != nullptr && *set) {
        throw UserError(ErrorCode::Unsupported, what_, "it holds a negated or conjugated view",
                        "save the tensor's clone()");
      }
    }
  }

  void checkBounds(const pickle::Tensor& tensor) const {
    if (!tensor.storage.type->dtype) fail("its storage has a type that is not read");
    std::int64_t storageBytes = 0;
    if (__builtin_mul_overflow(tensor.storage.elements,
                               static_cast<std::int64_t>(itemSize(*tensor.storage.type->dtype)),
                               &storageBytes)) {
      fail("the storage's size overflows");
    }
    if (!byteCount(*tensor.dtype, tensor.shape)) fail("the tensor's size overflows");
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end()) return;
    std::int64_t last = tensor.offset;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      std::int64_t step = 0;
      if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) ||
          __builtin_add_overflow(last, step, &last)) {
        fail("the view's bounds overflow");
      }
    }
    if (last >= storageBytes / static_cast<std::int64_t>(itemSize(*tensor.dtype))) {
      fail("the view reaches beyond its storage");
    }
  }

  Heap& heap_;
  const TorchGlobal& global_;
  const std::string& what_;
  std::span<const Ref> arguments_;
};

}  // namespace

const TorchGlobal* findTorchGlobal(std::string_view module, std::string_view name) {
  const auto* found = std::find_if(kGlobals.begin(), kGlobals.end(), [&](const TorchGlobal& entry) {
    return entry.module == module && entry.name == name;
  });
  return found == kGlobals.end() ? nullptr : &*found;
}

Ref callTorchGlobal(Heap& heap, const TorchGlobal& global, Ref arguments, const std::string& what) {
  const TorchGlobal* function = &global;
  // (function, type, arguments, state) calls function(*arguments), which may be of this kind again.
  while (function->role == Role::RebuildFromType) {
    const auto* outer = heap.get<pickle::Tuple>(arguments);
    const auto* inner = outer == nullptr || outer->items.size() < 3
                            ? nullptr
                            : heap.get<const TorchGlobal*>(outer->items[0]);
    if (inner == nullptr) {
      throw UserError(ErrorCode::BadFile, what, "its pickle rebuilds a tensor of no known kind");
    }
    function = *inner;
    arguments = outer->items[2];
  }
  return Call(heap, *function, arguments, what).result();
}

Ref persistentStorage(Heap& heap, Ref id, const std::string& what) {
  const auto* tuple = heap.get<pickle::Tuple>(id);
  if (tuple != nullptr && tuple->items.size() == 5) {
    const auto& items = tuple->items;
    const auto* kind = heap.get<pickle::Text>(items[0]);
    const auto* type = heap.get<const TorchGlobal*>(items[1]);
    const auto* key = heap.get<pickle::Text>(items[2]);
    const auto* elements = heap.get<std::int64_t>(items[4]);
    if (kind != nullptr && kind->text == "storage" && type != nullptr &&
        (*type)->role == Role::StorageType && key != nullptr && elements != nullptr &&
        *elements >= 0) {
      return heap.add(pickle::Storage{key->text, *type, *elements});
    }
  }
  throw UserError(ErrorCode::BadFile, what, "its pickle refers to something that is no storage");
}

}  // namespace featurescope

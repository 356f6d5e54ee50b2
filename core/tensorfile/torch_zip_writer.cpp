// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/torch_zip.h"
#include "core/tensorfile/zip_writer.h"

#include <fmt/format.h>

#include <limits>
#include <set>

namespace featurescope {

namespace {

std::string_view storageName(DType dtype) {
  switch (dtype) {
    case DType::F64:
      return "DoubleStorage";
    case DType::F32:
      return "FloatStorage";
    case DType::F16:
      return "HalfStorage";
    case DType::BF16:
      return "BFloat16Storage";
    case DType::I64:
      return "LongStorage";
    case DType::I32:
      return "IntStorage";
    case DType::I16:
      return "ShortStorage";
    case DType::I8:
      return "CharStorage";
    case DType::U8:
      return "ByteStorage";
    case DType::Bool:
      return "BoolStorage";
  }
  return {};
}

std::string littleEndian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

// Pieces of a pickle of protocol 2.

std::string pickledText(std::string_view text) {
  return fmt::format("X{}{}", littleEndian(text.size(), 4), text);
}

std::string pickledInteger(std::int64_t value) {
  if (value <= std::numeric_limits<std::int32_t>::max()) {
    return fmt::format("J{}", littleEndian(static_cast<std::uint64_t>(value), 4));
  }
  return fmt::format("\x8a\x08{}", littleEndian(static_cast<std::uint64_t>(value), 8));
}

std::string pickledGlobal(std::string_view module, std::string_view name) {
  return fmt::format("c{}\n{}\n", module, name);
}

std::string pickledOrderedDict() { return pickledGlobal("collections", "OrderedDict") + ")R"; }

std::string pickledTuple(const std::string& items) { return fmt::format("({}t", items); }

/// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)
std::string pickledTensor(const Tensor& tensor, std::string_view key) {
  std::string shape;
  std::string strides;
  std::int64_t stride = 1;
  for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
    shape.insert(0, pickledInteger(tensor.shape[axis]));
    strides.insert(0, pickledInteger(stride));
    stride *= tensor.shape[axis] > 0 ? tensor.shape[axis] : 1;
  }
  const std::string storage =
      pickledTuple(pickledText("storage") + pickledGlobal("torch", storageName(tensor.dtype)) +
                   pickledText(key) + pickledText("cpu") + pickledInteger(tensor.elements())) +
      "Q";
  const std::string kFalse = "\x89";
  return pickledGlobal("torch._utils", "_rebuild_tensor_v2") +
         pickledTuple(storage + pickledInteger(0) + pickledTuple(shape) + pickledTuple(strides) +
                      kFalse + pickledOrderedDict()) +
         "R";
}

std::string pickledStateDict(const std::vector<NamedTensor>& tensors) {
  std::string pickle = fmt::format("\x80\x02{}(", pickledOrderedDict());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle += pickledText(tensors[i].name) + pickledTensor(tensors[i].tensor, std::to_string(i));
  }
  return pickle + "u.";
}

void checkTensors(const std::vector<NamedTensor>& tensors, const std::string& what) {
  std::set<std::string_view> names;
  for (const NamedTensor& named : tensors) {
    const Tensor& tensor = named.tensor;
    if (byteCount(tensor.dtype, tensor.shape) != tensor.bytes.size() ||
        !names.insert(named.name).second) {
      throw UserError(ErrorCode::Internal, what,
                      fmt::format("{} {} has {} bytes, or a name that is taken", named.name,
                                  tensor.shapeText(), tensor.bytes.size()));
    }
  }
}

}  // namespace

void writeTorchZip(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors) {
  checkTensors(tensors, "cannot write " + path.string());
  AtomicFile file(path);
  ZipWriter zip(file);
  const auto text = [&zip](const std::string& name, std::string_view contents) {
    zip.add(name, std::as_bytes(std::span(contents)));
  };
  text("archive/data.pkl", pickledStateDict(tensors));
  text("archive/byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    zip.add(fmt::format("archive/data/{}", i), tensors[i].tensor.bytes);
  }
  text("archive/version", "3\n");
  zip.finish();
  file.commit();
}

}  // namespace featurescope

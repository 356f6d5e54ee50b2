// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensorfile/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace featurescope {

namespace {

/// The tensors in the order in which their data is written.
std::vector<const NamedTensor*> layout(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  order.reserve(tensors.size());
  for (const NamedTensor& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return std::tuple(itemSize(b->tensor.dtype), std::string_view(a->name)) <
           std::tuple(itemSize(a->tensor.dtype), std::string_view(b->name));
  });
  return order;
}

std::string headerOf(const std::vector<const NamedTensor*>& order,
                     const std::map<std::string, std::string>& metadata, const std::string& what) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const NamedTensor* named : order) {
    const Tensor& tensor = named->tensor;
    if (byteCount(tensor.dtype, tensor.shape) != tensor.bytes.size()) {
      throw UserError(
          ErrorCode::Internal, what,
          fmt::format("{} {} has {} bytes", named->name, tensor.shapeText(), tensor.bytes.size()));
    }
    if (header.contains(named->name) || named->name == "__metadata__") {
      throw UserError(ErrorCode::Internal, what,
                      fmt::format("{} cannot name a tensor twice, or at all", named->name));
    }
    header[named->name] = {{"dtype", name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  try {
    return header.dump();
  } catch (const Json::exception&) {
    throw UserError(ErrorCode::BadText, what, "a name or its metadata is not UTF-8");
  }
}

/// The length of the header and the header, padded so that the data starts at a multiple of 8.
std::string prefixOf(std::string header) {
  constexpr std::size_t kAlignment = 8;
  header.append((kAlignment - header.size() % kAlignment) % kAlignment, ' ');
  std::string length(sizeof(std::uint64_t), '\0');
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i) & 0xFF);
  }
  return length + header;
}

}  // namespace

void writeSafetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const auto order = layout(tensors);
  const std::string prefix = prefixOf(headerOf(order, metadata, "cannot write " + path.string()));
  AtomicFile file(path);
  file.write(prefix);
  for (const NamedTensor* named : order) file.write(named->tensor.bytes);
  file.commit();
}

}  // namespace featurescope

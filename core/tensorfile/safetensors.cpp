// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/safetensors.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/safetensors_header.h"
#include "core/tensorfile/tensor_bytes.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope {

namespace {

class SafetensorsSource final : public TensorFile::Source {
 public:
  SafetensorsSource(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                    const std::filesystem::path& file)
      : bytes_(bytes), owner_(std::move(owner)) {
    path = file;
    header_ = parseSafetensorsHeader(bytes, "cannot read " + file.string());
    metadata = std::move(header_.metadata);
  }

  const Entries& entries() const override { return header_.entries; }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(header_.entries.size() + header_.unread.size());
    for (const auto& [name, entry] : header_.entries) all.push_back(name);
    for (const auto& [name, type] : header_.unread) all.push_back(name);
    return all;
  }

  bool contains(std::string_view name) const override {
    return header_.entries.contains(name) || header_.unread.contains(name);
  }

  Tensor read(const std::string& name) const override {
    if (const auto unread = header_.unread.find(name); unread != header_.unread.end()) {
      throw UserError(
          ErrorCode::Unsupported, "cannot read " + path.string(),
          fmt::format("its tensor {} has the type {}, which is not handled", name, unread->second),
          "convert it to F32, F16 or BF16");
    }
    const TensorFile::Entry& entry = header_.entries.at(name);
    const SafetensorsHeader::Place place = header_.places.at(name);
    return tensorOfBytes(entry.dtype, entry.shape, bytes_.subspan(place.offset, place.size), owner_,
                         path, name);
  }

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  SafetensorsHeader header_;
};

}  // namespace

TensorFile openSafetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  return readSafetensors(file.bytes(), file.owner(), path);
}

TensorFile readSafetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                           const std::filesystem::path& path) {
  return TensorFile(std::make_shared<SafetensorsSource>(bytes, std::move(owner), path));
}

}  // namespace featurescope

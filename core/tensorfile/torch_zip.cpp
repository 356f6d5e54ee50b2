// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/torch_zip.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/state_dict.h"
#include "core/tensorfile/strided_copy.h"
#include "core/tensorfile/tensor_bytes.h"
#include "core/tensorfile/torch_globals.h"
#include "core/tensorfile/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// A tensor's view and the record that holds its storage.
struct Place {
  DType dtype;
  StridedView view;
  std::string record;
};

class TorchZipSource final : public TensorFile::Source {
 public:
  TorchZipSource(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                 const std::filesystem::path& file)
      : what_("cannot read " + file.string()), zip_(bytes, std::move(owner), what_) {
    path = file;
    prefix_ = findPrefix();
    checkByteOrder();
    const auto pickle = smallRecord(prefix_ + "data.pkl");
    const Unpickled unpickled = unpickle(pickle.bytes, what_);
    StateDict state = flattenStateDict(unpickled, what_);
    metadata = std::move(state.texts);
    for (const auto& [name, index] : state.tensors) take(name, unpickled.heap.tensors[index]);
  }

  const Entries& entries() const override { return entries_; }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(entries_.size() + unread_.size());
    for (const auto& [name, entry] : entries_) all.push_back(name);
    for (const auto& [name, type] : unread_) all.push_back(name);
    return all;
  }

  bool contains(std::string_view name) const override {
    return entries_.contains(name) || unread_.contains(name);
  }

  Tensor read(const std::string& name) const override {
    if (const auto unread = unread_.find(name); unread != unread_.end()) {
      throw UserError(
          ErrorCode::Unsupported, what_,
          fmt::format("its tensor {} has the type {}, which is not handled", name, unread->second),
          "convert it to float32, float16 or bfloat16");
    }
    const Place& place = places_.at(name);
    auto storage = zip_.contents(place.record, zip_.records().at(place.record));
    const std::size_t size = *byteCount(place.dtype, place.view.shape);
    const std::size_t item = itemSize(place.dtype);
    if (size == 0 || isContiguous(place.view)) {
      const std::size_t offset = size == 0 ? 0 : static_cast<std::size_t>(place.view.offset) * item;
      return tensorOfBytes(place.dtype, place.view.shape, storage.bytes.subspan(offset, size),
                           std::move(storage.owner), path, name);
    }
    checkExpansion(name, size, storage.bytes.size());
    OwnedBytes copy(size);
    copyStrided(place.view, item, storage.bytes, copy.bytes);
    return tensorOfBytes(place.dtype, place.view.shape, copy.bytes, std::move(copy.owner), path,
                         name);
  }

 private:
  [[noreturn]] void fail(std::string why, std::string next = {}) const {
    throw UserError(ErrorCode::BadFile, what_, std::move(why), std::move(next));
  }

  /// The folder of all records inside of the zip, "archive/" or the name it was saved under.
  std::string findPrefix() const {
    constexpr std::string_view kPickle = "data.pkl";
    std::string prefix;
    int found = 0;
    for (const auto& [name, record] : zip_.records()) {
      if (!name.ends_with(kPickle)) continue;
      const std::string folder = name.substr(0, name.size() - kPickle.size());
      if (!folder.empty() && folder.find('/') != folder.size() - 1) continue;
      prefix = folder;
      ++found;
    }
    if (found == 1 && zip_.records().contains(prefix + "constants.pkl")) {
      throw UserError(ErrorCode::Unsupported, what_, "it is a TorchScript program",
                      "save only the state_dict() with torch.save");
    }
    if (found == 1) return prefix;
    fail(found == 0 ? "it is a zip file without a data.pkl, so not one of torch.save"
                    : "it holds more than one data.pkl");
  }

  void checkByteOrder() const {
    if (!zip_.records().contains(prefix_ + "byteorder")) return;
    const auto order = smallRecord(prefix_ + "byteorder");
    const std::string_view text(reinterpret_cast<const char*>(order.bytes.data()),
                                order.bytes.size());
    if (text != "little") {
      throw UserError(ErrorCode::Unsupported, what_, "its numbers are not little-endian",
                      "save it again on a little-endian machine");
    }
  }

  /// The pickle and what else holds no weights.
  ZipDirectory::Contents smallRecord(const std::string& name) const {
    constexpr std::uint64_t kLargest = std::uint64_t{32} << 20;
    const ZipDirectory::Record& record = zip_.records().at(name);
    if (record.size > kLargest) {
      fail(fmt::format("its record {} has {} bytes, far more than a state dict needs", name,
                       record.size));
    }
    return zip_.contents(name, record);
  }

  void take(const std::string& name, const pickle::Tensor& tensor) {
    if (!tensor.dtype) {
      unread_.emplace(name, tensor.typeName);
      return;
    }
    std::string recordName = fmt::format("{}data/{}", prefix_, tensor.storage.key);
    const auto record = zip_.records().find(recordName);
    if (record == zip_.records().end()) {
      fail(fmt::format("the record {} of {} is missing", recordName, name), "download it again");
    }
    const auto expected =
        static_cast<std::uint64_t>(tensor.storage.elements) * itemSize(*tensor.storage.type->dtype);
    if (record->second.size != expected) {
      fail(fmt::format("the record of {} has {} bytes where {} are expected", name,
                       record->second.size, expected),
           "download it again");
    }
    entries_[name] = {*tensor.dtype, tensor.shape};
    places_[name] = {
        *tensor.dtype, {tensor.offset, tensor.shape, tensor.strides}, std::move(recordName)};
  }

  /// A view that repeats elements (stride 0) may be far larger than the file.
  void checkExpansion(const std::string& name, std::size_t size, std::size_t storageSize) const {
    constexpr std::size_t kAlwaysAllowed = std::size_t{64} << 20;
    if (size > std::max(kAlwaysAllowed, storageSize)) {
      throw UserError(
          ErrorCode::Unsupported, what_,
          fmt::format("its tensor {} repeats {} bytes up to {}", name, storageSize, size),
          "save the tensor's clone()");
    }
  }

  std::string what_;
  ZipDirectory zip_;
  std::string prefix_;
  Entries entries_;
  std::map<std::string, Place, std::less<>> places_;  ///< of `entries_`
  std::map<std::string, std::string, std::less<>> unread_;
};

}  // namespace

TensorFile openTorchZip(const std::filesystem::path& path) {
  const MappedFile file(path);
  return readTorchZip(file.bytes(), file.owner(), path);
}

TensorFile readTorchZip(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                        const std::filesystem::path& path) {
  return TensorFile(std::make_shared<TorchZipSource>(bytes, std::move(owner), path));
}

}  // namespace featurescope

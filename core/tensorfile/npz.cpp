// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/npz.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/npy_header.h"
#include "core/tensorfile/strided_copy.h"
#include "core/tensorfile/tensor_bytes.h"
#include "core/tensorfile/zip_directory.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope {

namespace {

constexpr std::string_view kArrayEnding = ".npy";

/// Element (i, j, …) of an array in Fortran's order, which lets the first index vary fastest.
StridedView fortranView(const std::vector<std::int64_t>& shape) {
  StridedView view{.offset = 0, .shape = shape, .strides = {}};
  std::int64_t stride = 1;
  for (const std::int64_t size : shape) {
    view.strides.push_back(stride);
    stride *= size;
  }
  return view;
}

class NpzSource final : public TensorFile::Source {
 public:
  NpzSource(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
            const std::filesystem::path& file)
      : what_("cannot read " + file.string()), zip_(bytes, std::move(owner), what_) {
    path = file;
    for (const auto& [record, place] : zip_.records()) {
      if (record.ends_with(kArrayEnding)) take(record, place);
    }
    if (headers_.empty()) {
      throw UserError(ErrorCode::BadFile, what_, "it is a zip file without arrays in it");
    }
  }

  const Entries& entries() const override { return entries_; }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(headers_.size());
    for (const auto& [name, header] : headers_) all.push_back(name);
    return all;
  }

  bool contains(std::string_view name) const override { return headers_.contains(name); }

  Tensor read(const std::string& name) const override {
    const NpyHeader& header = headers_.at(name);
    if (!header.dtype) {
      throw UserError(ErrorCode::Unsupported, what_,
                      fmt::format("its array {} has NumPy's type {}, which is not handled", name,
                                  header.typeName),
                      "save it as little-endian float32");
    }
    const std::string record = name + std::string(kArrayEnding);
    auto contents = zip_.contents(record, zip_.records().at(record));
    const auto data = contents.bytes.subspan(header.dataOffset);
    if (!header.fortranOrder || data.empty()) {
      return tensorOfBytes(*header.dtype, header.shape, data, std::move(contents.owner), path,
                           name);
    }
    OwnedBytes copy(data.size());
    copyStrided(fortranView(header.shape), itemSize(*header.dtype), data, copy.bytes);
    return tensorOfBytes(*header.dtype, header.shape, copy.bytes, std::move(copy.owner), path,
                         name);
  }

 private:
  void take(const std::string& record, const ZipDirectory::Record& place) {
    const std::string name = record.substr(0, record.size() - kArrayEnding.size());
    const std::string what = fmt::format("{}: {}", what_, record);
    const auto start = zip_.beginning(record, place, kLargestNpyHeader);
    NpyHeader header = parseNpyHeader(start.bytes, what);
    if (header.dtype) {
      const auto size = byteCount(*header.dtype, header.shape);
      if (!size || *size != place.size - header.dataOffset) {
        throw UserError(
            ErrorCode::BadFile, what,
            fmt::format("an array {} of type {} does not take {} bytes", shapeText(header.shape),
                        header.typeName, place.size - header.dataOffset),
            "download it again");
      }
      entries_[name] = {*header.dtype, header.shape};
    }
    headers_.emplace(name, std::move(header));
  }

  std::string what_;
  ZipDirectory zip_;
  Entries entries_;
  std::map<std::string, NpyHeader, std::less<>> headers_;  ///< of all arrays, readable or not
};

}  // namespace

TensorFile openNpz(const std::filesystem::path& path) {
  const MappedFile file(path);
  return readNpz(file.bytes(), file.owner(), path);
}

TensorFile readNpz(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                   const std::filesystem::path& path) {
  return TensorFile(std::make_shared<NpzSource>(bytes, std::move(owner), path));
}

}  // namespace featurescope

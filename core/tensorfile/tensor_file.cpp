// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor_file.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/file_format.h"
#include "core/tensorfile/npz.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/torch_zip.h"

#include <fmt/format.h>

#include <utility>

namespace featurescope {

TensorFile TensorFile::open(const std::filesystem::path& path) {
  const MappedFile file(path);
  switch (recogniseTensorFile(file.bytes(), path)) {
    case TensorFileFormat::Safetensors:
      return openSafetensors(path);
    case TensorFileFormat::ShardIndex:
      return openShardedSafetensors(path);
    case TensorFileFormat::TorchZip:
      return openTorchZip(path);
    case TensorFileFormat::Npz:
      return openNpz(path);
  }
  throw UserError(ErrorCode::Internal, "cannot read " + path.string(), "its format has no reader");
}

TensorFile::TensorFile(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

const std::map<std::string, TensorFile::Entry, std::less<>>& TensorFile::entries() const {
  return source_->entries();
}

bool TensorFile::contains(std::string_view name) const { return source_->contains(name); }

Tensor TensorFile::tensor(std::string_view name) const {
  if (!source_->contains(name)) {
    const std::string nearest = nearestName(name, source_->names());
    throw UserError(ErrorCode::NotFound, "cannot read " + path().string(),
                    fmt::format("it holds no tensor {}", name),
                    nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
  }
  return source_->read(std::string(name));
}

const std::map<std::string, std::string, std::less<>>& TensorFile::metadata() const {
  return source_->metadata;
}

const std::filesystem::path& TensorFile::path() const { return source_->path; }

}  // namespace featurescope

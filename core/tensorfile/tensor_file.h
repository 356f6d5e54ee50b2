// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Named tensors of one file or of a sharded set, whatever the format; recognised by contents.
/// Opening reads names and shapes only; a tensor's bytes are touched when somebody reads them.
/// Cheap to copy; safe to read from many threads.
class TensorFile {
 public:
  struct Entry {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
  };

  /// `path`: a .safetensors file, a model.safetensors.index.json (its shards beside it are opened
  /// when first needed), a torch zip (.bin, .pt, .pth), or a NumPy archive (.npz). Nothing in a
  /// file is executed. Throws UserError{NotFound, BadFile, Unsupported}; pre-1.6 torch pickles are
  /// Unsupported.
  static TensorFile open(const std::filesystem::path& path);

  /// Names in ascending order with their types and shapes. Tensors of types that we do not read are
  /// left out. Opens every shard of a sharded set.
  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const;
  /// Whether the file holds the name, be it of a type that we read or not. Opens no shard.
  [[nodiscard]] bool contains(std::string_view name) const;
  /// Opens the one shard that holds it. Throws UserError{NotFound} naming the file and the nearest
  /// name, UserError{Unsupported} for a type that we do not read (U16, F8_E4M3, complex, …).
  [[nodiscard]] Tensor tensor(std::string_view name) const;
  /// safetensors' __metadata__, or what else of strings and numbers a pickle's top level held.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& metadata() const;
  [[nodiscard]] const std::filesystem::path& path() const;

  /// What a format's reader implements.
  class Source;
  explicit TensorFile(std::shared_ptr<const Source> source);

 private:
  std::shared_ptr<const Source> source_;
};

/// How a format presents itself to TensorFile. Safe to call from many threads.
class TensorFile::Source {
 public:
  using Entries = std::map<std::string, Entry, std::less<>>;

  virtual ~Source() = default;
  [[nodiscard]] virtual const Entries& entries() const = 0;
  /// Every name, readable or not.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  [[nodiscard]] virtual bool contains(std::string_view name) const = 0;
  /// `name` is one of names().
  [[nodiscard]] virtual Tensor read(const std::string& name) const = 0;

  std::filesystem::path path;
  std::map<std::string, std::string, std::less<>> metadata;
};

}  // namespace featurescope

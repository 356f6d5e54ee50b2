// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensorfile/file_format.h"
#include "core/tensorfile/npz.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/torch_zip.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

namespace featurescope {

namespace {

/// A file's name and nothing more, so that an index cannot reach outside of its folder.
bool isPlainFileName(std::string_view name) {
  return !name.empty() && name != "." && name.find("..") == std::string_view::npos &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

class ShardedSource final : public TensorFile::Source {
 public:
  explicit ShardedSource(const std::filesystem::path& index) {
    path = index;
    const std::string what = "cannot read " + index.string();
    const Json json = readJson(index);
    const auto weights = json.is_object() ? json.find("weight_map") : json.end();
    if (weights == json.end() || !weights->is_object()) {
      throw UserError(ErrorCode::BadFile, what, "it is JSON without a \"weight_map\"",
                      "choose a model.safetensors.index.json or a tensor file");
    }
    for (const auto& [name, shard] : weights->items()) {
      if (!shard.is_string() || !isPlainFileName(shard.get_ref<const std::string&>())) {
        throw UserError(ErrorCode::BadFile, what,
                        fmt::format("its shard of {} is not the name of a file beside it", name));
      }
      shardOf_.emplace(name, shard.get<std::string>());
    }
    takeMetadata(json);
  }

  const Entries& entries() const override {
    const std::lock_guard lock(mutex_);
    if (!entries_) {
      Entries all;
      for (const auto& [name, shard] : shardOf_) {
        const Entries& there = holder(name, shard).entries();
        if (const auto found = there.find(name); found != there.end()) all.insert(*found);
      }
      entries_ = std::move(all);
    }
    return *entries_;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(shardOf_.size());
    for (const auto& [name, shard] : shardOf_) all.push_back(name);
    return all;
  }

  bool contains(std::string_view name) const override { return shardOf_.contains(name); }

  Tensor read(const std::string& name) const override {
    const std::string& shard = shardOf_.at(name);
    return [&] {
      const std::lock_guard lock(mutex_);
      return holder(name, shard);
    }()
               .tensor(name);
  }

 private:
  void takeMetadata(const Json& json) {
    const auto found = json.find("metadata");
    if (found == json.end() || !found->is_object()) return;
    for (const auto& [key, value] : found->items()) {
      if (value.is_string()) metadata.emplace(key, value.get<std::string>());
      if (value.is_number()) metadata.emplace(key, value.dump());
    }
  }

  /// The shard, opened, and found to hold the tensor. Called under the lock.
  const TensorFile& holder(const std::string& name, const std::string& shard) const {
    auto found = open_.find(shard);
    if (found == open_.end()) {
      found = open_.emplace(shard, openShard(path.parent_path() / shard)).first;
    }
    if (!found->second.contains(name)) {
      throw UserError(
          ErrorCode::BadFile, "cannot read " + path.string(),
          fmt::format("it says that {} lies in {}, which does not hold it", name, shard),
          "download both again");
    }
    return found->second;
  }

  static TensorFile openShard(const std::filesystem::path& shard) {
    const MappedFile file(shard);
    switch (recogniseTensorFile(file.bytes(), shard)) {
      case TensorFileFormat::Safetensors:
        return openSafetensors(shard);
      case TensorFileFormat::TorchZip:
        return openTorchZip(shard);
      case TensorFileFormat::Npz:
        return openNpz(shard);
      case TensorFileFormat::ShardIndex:
        break;
    }
    throw UserError(ErrorCode::BadFile, "cannot read " + shard.string(),
                    "a shard is another index, not a tensor file");
  }

  std::map<std::string, std::string, std::less<>> shardOf_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, TensorFile, std::less<>> open_;
  mutable std::optional<Entries> entries_;
};

}  // namespace

TensorFile openShardedSafetensors(const std::filesystem::path& index) {
  return TensorFile(std::make_shared<ShardedSource>(index));
}

}  // namespace featurescope

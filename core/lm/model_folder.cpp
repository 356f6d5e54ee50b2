// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/model_folder.h"

#include "core/base/hash.h"

#include <array>
#include <set>

namespace featurescope {

namespace {

constexpr std::string_view kShardIndexEnding = ".index.json";
constexpr std::array<std::string_view, 4> kWeightFiles{
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json"};

TensorFile openWeights(const std::filesystem::path& folder) {
  for (const auto file : kWeightFiles) {
    if (std::filesystem::exists(folder / file)) return TensorFile::open(folder / file);
  }
  throw UserError(ErrorCode::NotFound, "cannot open the model " + folder.string(),
                  "it has neither model.safetensors, nor pytorch_model.bin, nor the index of their "
                  "shards",
                  "download the weights too");
}

/// The names of the files that hold the weights, ascending.
std::set<std::string> weightFiles(const std::filesystem::path& weights) {
  std::set<std::string> files{weights.filename().string()};
  if (weights.filename().string().ends_with(kShardIndexEnding)) {
    const Json index = readJson(weights);
    for (const auto& shard : index.at("weight_map")) files.insert(shard.get<std::string>());
  }
  return files;
}

}  // namespace

ModelFolder ModelFolder::open(const std::filesystem::path& folder) {
  const std::string what = "cannot open the model " + folder.string();
  if (!std::filesystem::is_directory(folder)) {
    throw UserError(
        ErrorCode::NotFound, what,
        std::filesystem::exists(folder) ? "it is not a folder" : "there is no such folder",
        "give the folder that holds config.json");
  }
  if (!std::filesystem::exists(folder / "config.json")) {
    throw UserError(ErrorCode::NotFound, what, "it has no config.json",
                    "give a Hugging Face model folder");
  }
  return {folder, NeoxConfig::load(folder), openWeights(folder)};
}

std::string ModelFolder::hash() const {
  Sha256 sum;
  sum.add("config.json " + hashFile(path / "config.json") + "\n");
  for (const auto& file : weightFiles(weights.path())) {
    sum.add(file + " " + hashFile(path / file) + "\n");
  }
  return sum.finish();
}

}  // namespace featurescope

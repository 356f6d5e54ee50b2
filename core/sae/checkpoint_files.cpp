// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint_files.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// One of these is in every autoencoder's checkpoint, and in no language model's.
constexpr std::array<std::string_view, 5> kTellingTensors{
    "W_enc", "encoder.weight", "ae.encoder.weight", "ae.W_enc", "pre_bias"};

constexpr std::array<std::string_view, 5> kTensorFileEndings{".safetensors", ".pt", ".pth", ".bin",
                                                             ".npz"};

bool holdsAutoencoder(const TensorFile& file) {
  return std::any_of(kTellingTensors.begin(), kTellingTensors.end(),
                     [&](std::string_view name) { return file.contains(name); });
}

std::vector<fs::path> filesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && entry.is_regular_file(error)) files.push_back(entry.path());
  }
  if (error == std::errc::not_enough_memory) throw std::bad_alloc();
  if (error) {
    throw UserError(ErrorCode::BadFile, "cannot read " + folder.string(), error.message(),
                    "check its permissions");
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The files of a folder that hold an SAE. A file that looks like tensors but cannot be read is an
/// error only when there is nothing else: it may be what the person meant.
std::vector<TensorFile> autoencodersIn(const fs::path& folder) {
  std::vector<TensorFile> found;
  std::optional<UserError> unreadable;
  for (const fs::path& path : filesIn(folder)) {
    if (std::find(kTensorFileEndings.begin(), kTensorFileEndings.end(), path.extension()) ==
        kTensorFileEndings.end()) {
      continue;
    }
    try {
      TensorFile file = TensorFile::open(path);
      if (holdsAutoencoder(file)) found.push_back(std::move(file));
    } catch (const UserError& error) {
      if (!unreadable) unreadable = error;
    }
  }
  if (found.empty() && unreadable) throw UserError(*unreadable);
  return found;
}

TensorFile onlyAutoencoderIn(const fs::path& folder) {
  const std::string what = "cannot read the SAE " + folder.string();
  std::vector<TensorFile> found = autoencodersIn(folder);
  if (found.empty()) {
    throw UserError(
        ErrorCode::NotFound, what, "the folder holds no file with an autoencoder in it",
        "give a folder with sae_weights.safetensors and cfg.json, a .pt file, or a run");
  }
  if (found.size() > 1) {
    std::string names;
    for (const TensorFile& file : found) {
      if (!names.empty()) names += ", ";
      names += file.path().filename().string();
    }
    throw UserError(ErrorCode::BadFile, what, fmt::format("it holds several: {}", names),
                    "name one of these files");
  }
  return std::move(found.front());
}

std::optional<fs::path> settingsBeside(const fs::path& weights) {
  const fs::path folder = weights.parent_path();
  const std::string ownSettings = weights.stem().string() + "_cfg.json";
  for (const std::string& name :
       {ownSettings, std::string("cfg.json"), std::string("config.json")}) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / name, ignored)) return folder / name;
  }
  return std::nullopt;
}

TensorFile weightsAt(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw UserError(ErrorCode::NotFound, "cannot read the SAE " + path.string(),
                    "no such file or folder");
  }
  if (!fs::is_directory(path, ignored)) return TensorFile::open(path);
  if (fs::is_directory(path / "sae", ignored)) return onlyAutoencoderIn(path / "sae");
  if (fs::exists(path / "run.json", ignored)) {
    throw UserError(ErrorCode::NotFound, "cannot read the SAE " + path.string(),
                    "it is a training run without a result: it has no sae/",
                    "let the run finish, or name another checkpoint");
  }
  return onlyAutoencoderIn(path);
}

}  // namespace

CheckpointFiles findCheckpoint(const fs::path& path) {
  TensorFile weights = weightsAt(path);
  std::optional<fs::path> settings = settingsBeside(weights.path());
  return {std::move(weights), std::move(settings)};
}

}  // namespace featurescope

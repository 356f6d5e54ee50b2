// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/saved_state_torch.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTensorFile = "state.safetensors";
constexpr const char* kValueFile = "state.json";
constexpr std::int64_t kFormat = 1;

UserError unusable(const std::string& why) {
  return {ErrorCode::BadFile, SavedState::kWhatFails, why};
}

const at::Tensor& find(const SavedState& state, const std::string& name, at::ScalarType type) {
  const auto found = state.tensors.find(name);
  if (found == state.tensors.end()) throw unusable(fmt::format("it has no \"{}\"", name));
  if (found->second.scalar_type() != type) {
    throw unusable(fmt::format("its \"{}\" holds {} in place of {}", name,
                               at::toString(found->second.scalar_type()), at::toString(type)));
  }
  return found->second;
}

std::uint64_t hexadecimal(const Json& text) {
  std::uint64_t number = 0;
  if (text.is_string()) {
    const auto& digits = text.get_ref<const std::string&>();
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, number, 16);
    if (error == std::errc{} && stopped == end) return number;
  }
  throw unusable(text.dump().substr(0, 40) + " is no number of a random stream");
}

/// The tensors as a file holds them, by name. Copies none that lies contiguous on the CPU.
std::vector<NamedTensor> fileTensors(const SavedState& state) {
  std::vector<NamedTensor> tensors;
  tensors.reserve(state.tensors.size());
  for (const auto& [name, tensor] : state.tensors) tensors.push_back({name, fromTorch(tensor)});
  return tensors;
}

/// Of everything a state is, so that a file of the right length with other contents is found out.
std::string hashOf(const std::vector<NamedTensor>& tensors, const Json& values) {
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    hash.add(fmt::format("{} {} {}\n", name, featurescope::name(tensor.dtype), tensor.shapeText()));
    hash.add(tensor.bytes);
  }
  hash.add(values.dump(-1, ' ', false, Json::error_handler_t::replace));
  return hash.finish();
}

}  // namespace

void SavedState::merge(std::string_view part, SavedState of) {
  for (auto& [name, tensor] : of.tensors) {
    tensors.insert_or_assign(fmt::format("{}.{}", part, name), std::move(tensor));
  }
  values[std::string(part)] = std::move(of.values);
}

SavedState SavedState::part(std::string_view name) const {
  SavedState result;
  const std::string prefix = fmt::format("{}.", name);
  for (const auto& [full, tensor] : tensors) {
    if (full.starts_with(prefix)) result.tensors.emplace(full.substr(prefix.size()), tensor);
  }
  const auto found = values.find(name);
  if (found == values.end()) return result;
  if (!found->is_object()) throw unusable(fmt::format("its \"{}\" is not an object", name));
  result.values = *found;
  return result;
}

void SavedState::set(std::string name, const RandomStream& random) {
  Json words = Json::array();
  for (const std::uint64_t word : random.state()) words.push_back(fmt::format("{:016x}", word));
  values[std::move(name)] = std::move(words);
}

RandomStream SavedState::randomStream(std::string_view name) const {
  const auto found = values.find(name);
  RandomStream::State words{};
  if (found == values.end() || !found->is_array() || found->size() != words.size()) {
    throw unusable(fmt::format("its random stream \"{}\" is missing or damaged", name));
  }
  for (std::size_t i = 0; i < words.size(); ++i) words.at(i) = hexadecimal(found->at(i));
  return RandomStream(words);
}

at::Tensor SavedState::tensor(const std::string& name, at::ScalarType type,
                              at::IntArrayRef furtherSizes) const {
  const at::Tensor& found = find(*this, name, type);
  if (found.dim() == 0 || found.sizes().slice(1) != furtherSizes) {
    throw unusable(fmt::format("its \"{}\" is {}", name, shapeText(found.sizes())));
  }
  return found.clone();
}

void SavedState::copyTo(at::Tensor& target, const std::string& name) const {
  const at::Tensor& found = find(*this, name, target.scalar_type());
  if (found.sizes() != target.sizes()) {
    throw unusable(fmt::format("its \"{}\" is {} in place of {}", name, shapeText(found.sizes()),
                               shapeText(target.sizes())));
  }
  target.copy_(found);
}

void writeState(const fs::path& folder, const SavedState& state) {
  const std::vector<NamedTensor> tensors = fileTensors(state);
  const std::string hash = hashOf(tensors, state.values);
  writeSafetensors(folder / kTensorFile, tensors);
  writeJson(folder / kValueFile, {{"format", kFormat}, {"hash", hash}, {"values", state.values}});
}

SavedState readState(const fs::path& folder) {
  const std::string what = "cannot go on from " + folder.string();
  const Json file = readJson(folder / kValueFile);
  const TensorFile tensors = TensorFile::open(folder / kTensorFile);
  if (!file.is_object() || member<std::int64_t>(file, "format", what) != kFormat) {
    throw UserError(ErrorCode::Unsupported, what, "another version of the program wrote it",
                    "go on with that version");
  }
  SavedState state;
  std::vector<NamedTensor> read;
  read.reserve(tensors.entries().size());
  for (const auto& [name, entry] : tensors.entries()) {
    read.push_back({name, tensors.tensor(name)});
    state.tensors.emplace(name, toTorch(read.back().tensor));
  }
  state.values = file.value("values", Json());
  if (!state.values.is_object() ||
      hashOf(read, state.values) != member<std::string>(file, "hash", what)) {
    throw UserError(ErrorCode::BadFile, what, "it is not as it was written");
  }
  return state;
}

}  // namespace featurescope

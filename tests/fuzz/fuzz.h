// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/files.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// What the fuzz targets share. A target gives an input to one reader of foreign files and lets it
/// read everything. Whatever the input: what is read is in bounds (the sanitizers see to it), takes
/// no more than the memory and time that libFuzzer is told, and what is refused is refused by a
/// UserError of a length that a person reads.
namespace featurescope::fuzz {

using Bytes = std::span<const std::byte>;

inline Bytes bytesOf(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

inline std::string_view textOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// For readers that keep what they read alive: libFuzzer does.
inline std::shared_ptr<const void> nobody() { return std::make_shared<int>(0); }

/// An exception of a library, or an error of ours, is a finding; a refusal is not.
template <class Read>
void readOrRefuse(Read&& read) {
  constexpr std::size_t kLongestMessage = 2000;
  try {
    read();
  } catch (const UserError& error) {
    const std::string_view message = error.what();
    if (error.code() != ErrorCode::Internal && message.size() <= kLongestMessage) return;
    std::fprintf(stderr, "not for a person (%zu bytes): %.500s\n", message.size(), error.what());
    std::abort();
  }
}

/// Makes the compiler keep the reading of what nobody looks at.
inline void look(Bytes bytes) {
  std::size_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<std::size_t>(byte);
  [[maybe_unused]] volatile std::size_t kept = sum;
}
inline void look(std::string_view text) { look(std::as_bytes(std::span(text))); }

/// Cuts the next part off an input that stands for several files; they are separated by the
/// character "record separator", which no text file holds.
inline Bytes nextPart(Bytes& input) {
  constexpr std::byte kSeparator{0x1E};
  std::size_t end = 0;
  while (end < input.size() && input[end] != kSeparator) ++end;
  const Bytes part = input.first(end);
  input = input.subspan(end < input.size() ? end + 1 : end);
  return part;
}

/// A folder for the files that a reader is given, the same for every input.
inline const std::filesystem::path& folder() {
  static const TemporaryFolder held;
  return held.path();
}

/// Writes a file there, without waiting for the disk.
inline std::filesystem::path place(const std::string& name, Bytes bytes) {
  const std::filesystem::path path = folder() / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path;
}

}  // namespace featurescope::fuzz

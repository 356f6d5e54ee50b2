// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// Streaming SHA-256 (OpenSSL's). Not copyable; one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  /// "sha256:" and 64 lower-case hexadecimal digits. Ends the stream.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Hash of one file's contents.
[[nodiscard]] std::string hashFile(const std::filesystem::path& path);

/// Hash of a path's contents wherever it lies: a file's own, or, for a folder, of the sorted list
/// of its files' relative names and hashes (hidden files are left out).
[[nodiscard]] std::string hashContents(const std::filesystem::path& path);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope::cli {

/// A file or standard input as bytes, block by block, however large it is.
class TextInput {
 public:
  /// Nothing: standard input. Throws UserError{NotFound, BadFile}.
  explicit TextInput(const std::optional<std::filesystem::path>& path);
  ~TextInput();
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  /// Calls `take` for each line, without its LF; a final LF opens no further line.
  void forEachLine(const std::function<void(std::string_view line)>& take);
  /// Calls `take` for pieces that joined are the whole; each ends where `mayCut` allows it.
  void forEachPiece(const std::function<bool(std::string_view text, std::size_t at)>& mayCut,
                    const std::function<void(std::string_view piece)>& take);

  [[nodiscard]] std::uint64_t bytesRead() const { return bytesRead_; }
  /// 0 where it is not known.
  [[nodiscard]] std::uint64_t bytesTotal() const { return bytesTotal_; }

 private:
  /// Appends the next block to `pending_`; false at the end.
  bool readBlock();

  std::string name_;
  int descriptor_;
  std::string pending_;
  std::uint64_t bytesRead_ = 0, bytesTotal_ = 0;
};

}  // namespace featurescope::cli

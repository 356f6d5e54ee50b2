// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// The records of a zip file that lies in memory; every place is checked to lie inside of the file.
/// (Debian 12's minizip cannot read the Zip64 form, which weights beyond 4 GB have.) Record
/// contents are touched only by `contents`.
class ZipDirectory {
 public:
  struct Record {
    std::uint64_t offset = 0;  ///< of the first data byte, from the start of the file
    std::uint64_t storedSize = 0;
    std::uint64_t size = 0;
    bool deflated = false;
  };
  struct Contents {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
  };

  /// `owner` keeps `file` alive; `what` starts the errors. Throws UserError{BadFile, Unsupported}.
  ZipDirectory(std::span<const std::byte> file, std::shared_ptr<const void> owner,
               std::string what);

  [[nodiscard]] const std::map<std::string, Record, std::less<>>& records() const {
    return records_;
  }

  /// The record's bytes in place, or inflated into memory of their own. Throws UserError{BadFile}
  /// when they do not inflate to the promised size, or promise far more than they hold.
  [[nodiscard]] Contents contents(std::string_view name, const Record& record) const;

  /// The record's first `size` bytes, or all of them where it has fewer. Throws UserError{BadFile}.
  [[nodiscard]] Contents beginning(std::string_view name, const Record& record,
                                   std::size_t size) const;

 private:
  std::span<const std::byte> file_;
  std::shared_ptr<const void> owner_;
  std::string what_;
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace featurescope

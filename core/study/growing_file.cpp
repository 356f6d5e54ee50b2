// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/growing_file.h"

#include <fstream>
#include <system_error>

namespace featurescope {

namespace {

/// Up to `count` bytes at `start`; fewer where the file ends.
std::string readAt(std::ifstream& file, std::uint64_t start, std::uint64_t count) {
  std::string bytes(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(start));
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

GrowingFile::Lines GrowingFile::next() {
  std::error_code ignored;
  std::ifstream file;  // stays closed where there is no file, or a pipe that would be waited for
  if (std::filesystem::is_regular_file(path_, ignored)) {
    file.open(path_, std::ios::binary | std::ios::ate);
  }
  const std::uint64_t size = file.is_open() ? static_cast<std::uint64_t>(file.tellg()) : 0;
  const bool continues =
      size >= read_ && readAt(file, read_ - lastLine_.size(), lastLine_.size()) == lastLine_;
  Lines lines;
  if (!continues) {
    lines.startsOver = true;
    read_ = 0;
    lastLine_.clear();
  }
  lines.text = readAt(file, read_, size - read_);
  lines.text.resize(lines.text.rfind('\n') + 1);  // npos + 1 is 0: no line has ended yet
  if (lines.text.empty()) return lines;
  read_ += lines.text.size();
  const std::size_t before = lines.text.rfind('\n', lines.text.size() - 2);
  lastLine_ =
      lines.text.substr(lines.text.size() > 1 && before != std::string::npos ? before + 1 : 0);
  return lines;
}

}  // namespace featurescope

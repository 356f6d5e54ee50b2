// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/spill_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace featurescope {

namespace {

UserError cannotSpill(const std::filesystem::path& folder, int error) {
  return {ErrorCode::CannotWrite, "cannot keep temporary data in " + folder.string(),
          std::generic_category().message(error), "make room there, or write elsewhere"};
}

}  // namespace

SpillFile::SpillFile(const std::filesystem::path& folder)
    : folder_(folder.empty() ? std::filesystem::path(".") : folder) {
  std::string name = (folder_ / ".featurescope-spill-XXXXXX").string();
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) throw cannotSpill(folder_, errno);
  ::unlink(name.c_str());
}

SpillFile::~SpillFile() { ::close(descriptor_); }

void SpillFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), size_);
    if (written < 0) {
      if (errno == EINTR) continue;
      throw cannotSpill(folder_, errno);
    }
    size_ += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void SpillFile::read(std::int64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(descriptor_, bytes.data(), bytes.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw UserError(ErrorCode::BadFile, "cannot read temporary data in " + folder_.string(),
                      got < 0 ? std::generic_category().message(errno) : "it ends early",
                      "check the disk, then try again");
    }
    offset += got;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace featurescope

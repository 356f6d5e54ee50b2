// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/append_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace featurescope {

namespace {

UserError cannotWrite(const std::filesystem::path& path, int error) {
  return {ErrorCode::CannotWrite, "cannot write " + path.string(),
          std::generic_category().message(error),
          error == ENOSPC || error == EDQUOT ? "free some disk space and try again"
                                             : "check its permissions"};
}

}  // namespace

AppendFile::AppendFile(const std::filesystem::path& path, std::filesystem::path shownPath)
    : path_(std::move(shownPath)),
      descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw cannotWrite(path_, errno);
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

void AppendFile::append(std::string_view text) {
  const std::uint64_t before = size();
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      cutTo(before);
      throw cannotWrite(path_, error);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::uint64_t AppendFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw cannotWrite(path_, errno);
  if (status.st_nlink == 0) {
    throw UserError(ErrorCode::NotFound, "cannot write " + path_.string(),
                    "it was removed while it was written", "start again");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

void AppendFile::cutTo(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw cannotWrite(path_, errno);
}

void AppendFile::flushToDisk() {
  if (::fsync(descriptor_) != 0) throw cannotWrite(path_, errno);
}

bool AppendFile::lock() {
  // Released by the kernel with the descriptor, a kill -9 included.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  // A file system without locks.
  if (errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL) return true;
  throw cannotWrite(path_, errno);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/folder_lock.h"

#include "core/base/error.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace featurescope {

namespace {

// Ours hold it for milliseconds; on a machine with too much to do, longer.
constexpr std::chrono::seconds kLongestWait{5};
constexpr std::chrono::milliseconds kBetweenTries{5};

/// False when somebody held it all the time.
bool locks(int descriptor) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + kLongestWait;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return true;  // no locks here
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return true;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0 || locks(descriptor_)) return;
  ::close(descriptor_);
  throw UserError(ErrorCode::CannotWrite, "cannot write in " + folder.string(),
                  "another program holds it", "close the other program and try again");
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace featurescope

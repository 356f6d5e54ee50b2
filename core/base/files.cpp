// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include "core/base/error.h"
#include "core/base/partial_name.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

UserError cannotRead(const fs::path& path, int error) {
  if (error == ENOMEM) {
    return {ErrorCode::OutOfMemory, "cannot read " + path.string(), "not enough memory",
            "close other programs and try again"};
  }
  const bool missing = error == ENOENT || error == ENOTDIR;
  return {missing ? ErrorCode::NotFound : ErrorCode::BadFile, "cannot read " + path.string(),
          missing ? "no such file" : reason(error),
          missing ? "check the path" : "check its permissions"};
}

UserError cannotWrite(const fs::path& path, int error) {
  const char* next = error == ENOSPC || error == EDQUOT ? "free some disk space and try again"
                     : error == EROFS || error == EACCES || error == EPERM
                         ? "choose a folder that can be written"
                         : "choose another place";
  return {ErrorCode::CannotWrite, "cannot write " + path.string(), reason(error), next};
}

fs::path withoutTrailingSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

void makeParent(const fs::path& path) {
  if (!path.has_parent_path()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw cannotWrite(path, error.value());
}

/// Makes a rename durable.
void syncFolder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// A descriptor that holds the folder's lock, or −1: another has it, or its file system has none.
int lockedFolder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 || ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

/// Removes the folders that processes left half made in `parent` when they were killed. The number
/// of a process says nothing of another machine's or container's: the lock, which whoever still
/// makes one holds, must be free, too.
void removeLeftBehind(const fs::path& parent) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent.empty() ? "." : parent, ignored)) {
    const std::string name = entry.path().filename();
    const auto partial = readPartialName(name);
    if (partial && !isRunning(partial->process)) found.push_back(entry.path());
  }
  for (const fs::path& path : found) {
    const int lock = lockedFolder(path);
    if (lock < 0) continue;
    fs::remove_all(path, ignored);
    ::close(lock);
  }
}

/// A regular file, open for reading.
class OpenFile {
 public:
  explicit OpenFile(const fs::path& path)
      // A pipe in place of a file is refused below, not waited for.
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) throw cannotRead(path, errno);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      throw UserError(ErrorCode::BadFile, "cannot read " + path.string(),
                      "it is not a regular file");
    }
    size_ = static_cast<std::size_t>(status.st_size);
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  int descriptor_;
  std::size_t size_ = 0;
};

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const OpenFile file(path);
  const std::size_t size = file.size();
  if (size == 0) return;
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                         file.descriptor(), 0);
  if (address == MAP_FAILED) throw cannotRead(path, errno);
  mapping_ = std::shared_ptr<const void>(
      address, [size](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  bytes_ = {static_cast<const std::byte*>(address), size};
}

std::string_view MappedFile::text() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(partialBeside(path_)) {
  makeParent(path_);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw cannotWrite(path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw cannotWrite(path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) throw cannotWrite(path_, errno);
  if (::close(std::exchange(descriptor_, -1)) != 0 ||
      ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    throw cannotWrite(path_, error);
  }
  syncFolder(path_.parent_path());
}

// Copied and not mapped: a file that is cut short meanwhile only ends sooner.
std::string readFile(const fs::path& path) {
  const OpenFile file(path);
  std::string text(file.size() + 1, '\0');  // more than it has: its end shows in the first read
  std::size_t length = 0;
  while (true) {
    const ssize_t read = ::read(file.descriptor(), text.data() + length, text.size() - length);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) throw cannotRead(path, errno);
    if (read == 0) break;
    length += static_cast<std::size_t>(read);
    if (length == text.size()) text.resize(2 * length);  // it grows
  }
  text.resize(length);
  return text;
}

void writeFile(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void checkOutput(const fs::path& given, bool force) {
  const fs::path path = withoutTrailingSlash(given);
  std::error_code ignored;
  if (!force && fs::exists(path, ignored)) {
    throw UserError(ErrorCode::OutputExists, "cannot write " + path.string(), "it exists already",
                    "choose another name, or overwrite it with --force");
  }
  makeParent(path);
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (::access(parent.c_str(), W_OK) != 0) throw cannotWrite(path, errno);
}

AtomicFolder::AtomicFolder(const fs::path& path)
    : path_(withoutTrailingSlash(path)), temporary_(partialBeside(path_)) {
  makeParent(path_);
  removeLeftBehind(path_.parent_path());
  std::error_code error;
  fs::remove_all(temporary_, error);
  if (!fs::create_directory(temporary_, error)) throw cannotWrite(path_, error.value());
  lock_ = lockedFolder(temporary_);
}

AtomicFolder::~AtomicFolder() {
  if (lock_ >= 0) ::close(lock_);
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  std::error_code error;
  // What was there changes places with the new in one step, so that one of them is always there.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
    const int why = errno;
    const bool unknownHere = why == EINVAL || why == ENOSYS;
    if (why != ENOENT && !unknownHere) throw cannotWrite(path_, why);
    if (unknownHere) fs::remove_all(path_, error);
    if (!error) fs::rename(temporary_, path_, error);
    if (error) throw cannotWrite(path_, error.value());
  }
  committed_ = true;
  syncFolder(path_.parent_path());
  fs::remove_all(temporary_, error);  // the old one, if there was one
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "featurescope-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw cannotWrite(pattern, errno);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace featurescope

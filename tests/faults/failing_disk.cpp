// SPDX-License-Identifier: GPL-3.0-or-later
// A disk that fails, to be preloaded (LD_PRELOAD) into a program: every call that writes below the
// folder $FAILING_DISK is counted; from call $FAILING_DISK_FROM on (from 1), $FAILING_DISK_CALLS of
// them (all without it) fail with $FAILING_DISK_ERROR: ENOSPC, EROFS or EIO. At the end the number
// of calls goes to the file $FAILING_DISK_COUNT.
// A full disk takes half of what the first call wants to write, and lets files be renamed, cut and
// removed; a read-only one and a broken one let nothing be changed.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

template <class Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

struct Disk {
  std::string folder = setting("FAILING_DISK");
  long from = std::atol(setting("FAILING_DISK_FROM").c_str());
  long calls = std::atol(setting("FAILING_DISK_CALLS").c_str());
  std::string error = setting("FAILING_DISK_ERROR");
  std::string count = setting("FAILING_DISK_COUNT");
  std::atomic<long> made = 0;

  ~Disk() {
    if (count.empty()) return;
    if (std::FILE* file = std::fopen(count.c_str(), "w")) {
      std::fprintf(file, "%ld\n", made.load());
      std::fclose(file);
    }
  }

  [[nodiscard]] bool isFull() const { return error == "ENOSPC"; }
  [[nodiscard]] int code() const {
    return isFull() ? ENOSPC : error == "EROFS" ? EROFS : error == "EIO" ? EIO : 0;
  }
};

Disk& disk() {
  static Disk instance;
  return instance;
}

bool isOurs(std::string_view path) {
  const std::string& folder = disk().folder;
  return !folder.empty() && path.starts_with(folder) &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

bool isOurs(int folder, const char* path) {
  if (path[0] == '/') return isOurs(path);
  char link[64];
  char place[4096];
  if (folder == AT_FDCWD) {
    if (::getcwd(place, sizeof place) == nullptr) return false;
    return isOurs(std::string(place) + "/" + path);
  }
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  const ssize_t size = ::readlink(link, place, sizeof place);
  return size > 0 && isOurs(std::string(place, static_cast<std::size_t>(size)) + "/" + path);
}

bool isOurs(int file) {
  char link[64];
  char place[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = ::readlink(link, place, sizeof place);
  return size > 0 && isOurs(std::string_view(place, static_cast<std::size_t>(size)));
}

enum class Kind { TakesRoom, TakesNone };

/// How many failing calls came before this one, from 0; −1: it does not fail.
long failure(bool ours, Kind kind) {
  if (!ours) return -1;
  Disk& it = disk();
  if (it.isFull() && kind == Kind::TakesNone) return -1;
  const long number = ++it.made - it.from;
  const bool fails = it.from > 0 && number >= 0 && (it.calls == 0 || number < it.calls);
  if (!fails) return -1;
  errno = it.code();
  return number;
}

bool fails(bool ours, Kind kind) {
  const int before = errno;
  const bool does = failure(ours, kind) >= 0;
  if (!does) errno = before;
  return does;
}

constexpr int kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

template <class Call>
int openAt(const char* name, int folder, const char* path, int flags, mode_t mode) {
  if ((flags & kWrites) != 0 && fails(isOurs(folder, path), Kind::TakesRoom)) return -1;
  return next<Call>(name)(folder, path, flags, mode);
}

template <class Call>
int openHere(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & kWrites) != 0 && fails(isOurs(AT_FDCWD, path), Kind::TakesRoom)) return -1;
  return next<Call>(name)(path, flags, mode);
}

mode_t modeOf(int flags, std::va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

/// Writes by `call(size)` what fits: all, half, or nothing.
template <class Write>
ssize_t writeSome(int file, std::size_t size, const Write& call) {
  const int before = errno;
  const long number = failure(isOurs(file), Kind::TakesRoom);
  if (number < 0) {
    errno = before;
    return call(size);
  }
  if (number == 0 && disk().isFull() && size > 1) return call(size / 2);
  return -1;
}

}  // namespace

// The names and types are the C library's.
extern "C" {

#define FAILING_OPEN(NAME)                           \
  int NAME(const char* path, int flags, ...) {       \
    std::va_list rest;                               \
    va_start(rest, flags);                           \
    const mode_t mode = modeOf(flags, rest);         \
    va_end(rest);                                    \
    using Call = int (*)(const char*, int, ...);     \
    return openHere<Call>(#NAME, path, flags, mode); \
  }
#define FAILING_OPENAT(NAME)                               \
  int NAME(int folder, const char* path, int flags, ...) { \
    std::va_list rest;                                     \
    va_start(rest, flags);                                 \
    const mode_t mode = modeOf(flags, rest);               \
    va_end(rest);                                          \
    using Call = int (*)(int, const char*, int, ...);      \
    return openAt<Call>(#NAME, folder, path, flags, mode); \
  }
FAILING_OPEN(open)
FAILING_OPEN(open64)
FAILING_OPENAT(openat)
FAILING_OPENAT(openat64)

std::FILE* fopen(const char* path, const char* mode) {
  if (std::strpbrk(mode, "wa+") != nullptr && fails(isOurs(AT_FDCWD, path), Kind::TakesRoom)) {
    return nullptr;
  }
  return next<std::FILE* (*)(const char*, const char*)>("fopen")(path, mode);
}
std::FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }

int mkostemp(char* pattern, int flags) {
  if (fails(isOurs(AT_FDCWD, pattern), Kind::TakesRoom)) return -1;
  return next<int (*)(char*, int)>("mkostemp")(pattern, flags);
}

int mkdir(const char* path, mode_t mode) {
  if (fails(isOurs(AT_FDCWD, path), Kind::TakesRoom)) return -1;
  return next<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}

ssize_t write(int file, const void* bytes, std::size_t size) {
  static const auto call = next<ssize_t (*)(int, const void*, std::size_t)>("write");
  return writeSome(file, size, [&](std::size_t some) { return call(file, bytes, some); });
}

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t at) {
  static const auto call = next<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite");
  return writeSome(file, size, [&](std::size_t some) { return call(file, bytes, some, at); });
}

ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t at) {
  return pwrite(file, bytes, size, at);
}

ssize_t writev(int file, const iovec* parts, int count) {
  if (fails(isOurs(file), Kind::TakesRoom)) return -1;
  return next<ssize_t (*)(int, const iovec*, int)>("writev")(file, parts, count);
}

int fsync(int file) {
  if (fails(isOurs(file), Kind::TakesRoom)) return -1;
  return next<int (*)(int)>("fsync")(file);
}

int fdatasync(int file) {
  if (fails(isOurs(file), Kind::TakesRoom)) return -1;
  return next<int (*)(int)>("fdatasync")(file);
}

int ftruncate(int file, off_t size) {
  if (fails(isOurs(file), Kind::TakesNone)) return -1;
  return next<int (*)(int, off_t)>("ftruncate")(file, size);
}

int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }

int fallocate64(int file, int mode, off64_t at, off64_t size) {
  if (fails(isOurs(file), Kind::TakesRoom)) return -1;
  return next<int (*)(int, int, off64_t, off64_t)>("fallocate64")(file, mode, at, size);
}

int rename(const char* from, const char* to) {
  if (fails(isOurs(AT_FDCWD, to), Kind::TakesNone)) return -1;
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}

int renameat2(int fromFolder, const char* from, int toFolder, const char* to, unsigned flags) {
  if (fails(isOurs(toFolder, to), Kind::TakesNone)) return -1;
  using Call = int (*)(int, const char*, int, const char*, unsigned);
  return next<Call>("renameat2")(fromFolder, from, toFolder, to, flags);
}

int unlink(const char* path) {
  if (fails(isOurs(AT_FDCWD, path), Kind::TakesNone)) return -1;
  return next<int (*)(const char*)>("unlink")(path);
}

int unlinkat(int folder, const char* path, int flags) {
  if (fails(isOurs(folder, path), Kind::TakesNone)) return -1;
  return next<int (*)(int, const char*, int)>("unlinkat")(folder, path, flags);
}

int remove(const char* path) {
  if (fails(isOurs(AT_FDCWD, path), Kind::TakesNone)) return -1;
  return next<int (*)(const char*)>("remove")(path);
}
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/partial_file.h"

#include "core/base/error.h"
#include "core/base/partial_name.h"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

/// The process that writes the partial file `name`, when it is one of `finalPath`'s.
std::optional<pid_t> writerOf(std::string_view name, const fs::path& finalPath) {
  const auto partial = readPartialName(name);
  if (!partial || partial->of != finalPath.filename().native()) return std::nullopt;
  return partial->process;
}

fs::path folderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void removeLeftovers(const fs::path& finalPath) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folderOf(finalPath), ignored)) {
    const auto process = writerOf(entry.path().filename().string(), finalPath);
    if (process && (*process == ::getpid() || !isRunning(*process))) {
      fs::remove(entry.path(), ignored);
    }
  }
}

UserError cannotWrite(const fs::path& path, int error) {
  return {ErrorCode::CannotWrite, "cannot write " + path.string(),
          std::generic_category().message(error), "check the disk's free space and permissions"};
}

void flush(const fs::path& path, const fs::path& shownPath) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw cannotWrite(shownPath, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) throw cannotWrite(shownPath, error);
}

}  // namespace

PartialFile::PartialFile(fs::path finalPath)
    : final_(std::move(finalPath)), partial_(partialBeside(final_)) {
  removeLeftovers(final_);
}

PartialFile::~PartialFile() {
  if (!committed_) removeLeftovers(final_);
}

void PartialFile::commit() {
  flush(partial_, final_);
  if (::rename(partial_.c_str(), final_.c_str()) != 0) throw cannotWrite(final_, errno);
  committed_ = true;
  // Makes the rename itself durable; a file system that cannot do so has no better to offer.
  const int descriptor = ::open(folderOf(final_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::fsync(descriptor);
    ::close(descriptor);
  }
}

Unfinished unfinishedWriting(const fs::path& finalPath) {
  Unfinished found = Unfinished::No;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folderOf(finalPath), ignored)) {
    const auto process = writerOf(entry.path().filename().string(), finalPath);
    if (!process) continue;
    if (isRunning(*process)) return Unfinished::BeingWritten;
    found = Unfinished::LeftBehind;
  }
  return found;
}

}  // namespace featurescope

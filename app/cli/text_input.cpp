// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/text_input.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace featurescope::cli {

namespace {
constexpr std::size_t kBlockBytes = 1 << 20;
}

TextInput::TextInput(const std::optional<std::filesystem::path>& path)
    : name_(path ? path->string() : "standard input"),
      descriptor_(path ? ::open(path->c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO) {
  if (descriptor_ < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw UserError(missing ? ErrorCode::NotFound : ErrorCode::BadFile, "cannot read " + name_,
                    missing ? "no such file" : std::generic_category().message(errno),
                    missing ? "check the path" : "check its permissions");
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    bytesTotal_ = static_cast<std::uint64_t>(status.st_size);
  }
}

TextInput::~TextInput() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool TextInput::readBlock() {
  const std::size_t before = pending_.size();
  pending_.resize(before + kBlockBytes);
  ssize_t count = -1;
  do {
    count = ::read(descriptor_, pending_.data() + before, kBlockBytes);
  } while (count < 0 && errno == EINTR);
  const int error = errno;
  pending_.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
  if (count < 0) {
    throw UserError(ErrorCode::BadFile, "cannot read " + name_,
                    std::generic_category().message(error), "give a text file");
  }
  bytesRead_ += static_cast<std::uint64_t>(count);
  return count > 0;
}

void TextInput::forEachLine(const std::function<void(std::string_view)>& take) {
  std::size_t searched = 0;  // bytes of pending_ known to hold no LF
  while (readBlock()) {
    const std::string_view text = pending_;
    std::size_t begin = 0;
    for (auto end = text.find('\n', searched); end != std::string_view::npos;
         end = text.find('\n', begin)) {
      take(text.substr(begin, end - begin));
      begin = end + 1;
    }
    pending_.erase(0, begin);
    searched = pending_.size();
  }
  if (!pending_.empty()) take(pending_);
  pending_.clear();
}

void TextInput::forEachPiece(const std::function<bool(std::string_view, std::size_t)>& mayCut,
                             const std::function<void(std::string_view)>& take) {
  std::size_t searched = 1;  // places of pending_ before this one are known to be none to cut at
  while (readBlock()) {
    std::size_t cut = pending_.size() - 1;
    while (cut >= searched && !mayCut(pending_, cut)) --cut;
    if (cut < searched) {
      searched = pending_.size();
      continue;
    }
    take(std::string_view(pending_).substr(0, cut));
    pending_.erase(0, cut);
    searched = 1;
  }
  if (!pending_.empty()) take(pending_);
  pending_.clear();
}

}  // namespace featurescope::cli

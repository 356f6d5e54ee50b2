// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <new>
#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

/// A sentence may hold what a foreign file says: a name of megabytes, or control characters that a
/// terminal would obey. Both end here.
std::string presentable(std::string text) {
  constexpr std::size_t kLongest = 1000;
  constexpr std::string_view kMore = "…";
  const auto isContinuation = [](char c) { return (static_cast<unsigned char>(c) >> 6) == 0b10; };
  if (text.size() > kLongest) {
    std::size_t end = kLongest - kMore.size();
    while (end > 0 && isContinuation(text[end])) --end;
    text.replace(end, std::string::npos, kMore);
  }
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  // U+0080 to U+009F, in UTF-8 two bytes.
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const bool isControl = text[at] == '\xC2' && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (isControl) text.replace(at, 2, "  ");
  }
  return text;
}

std::string joined(const std::string& what, const std::string& why, const std::string& next) {
  std::string text = what + ": " + why;
  if (!next.empty()) text += " (" + next + ")";
  return text;
}

/// Library exceptions carry back traces and file names of their own; a person needs the first line.
std::string firstLine(std::string_view text) {
  const auto end = text.find('\n');
  return std::string(text.substr(0, end));
}

/// The words in which LibTorch's allocators, oneDNN, which does not say why, and the system, which
/// cannot start a thread, tell that memory is short.
bool tellsOfMemory(std::string_view line) {
  return std::ranges::any_of(
      std::array<std::string_view, 6>{
          "not enough memory", "out of memory", "allocate memory", "could not execute a primitive",
          "could not create a primitive", "Resource temporarily unavailable"},
      [&](std::string_view words) { return line.find(words) != std::string_view::npos; });
}

UserError outOfMemory(const std::string& subject) {
  return {ErrorCode::OutOfMemory, subject, "not enough memory",
          "use a smaller batch, context or model, or close other programs"};
}

}  // namespace

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadUsage:
      return "bad-usage";
    case ErrorCode::NotFound:
      return "not-found";
    case ErrorCode::BadFile:
      return "bad-file";
    case ErrorCode::BadText:
      return "bad-text";
    case ErrorCode::ShapeMismatch:
      return "shape-mismatch";
    case ErrorCode::NotFinite:
      return "not-finite";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::OutOfRange:
      return "out-of-range";
    case ErrorCode::OutputExists:
      return "output-exists";
    case ErrorCode::CannotWrite:
      return "cannot-write";
    case ErrorCode::DatabaseError:
      return "database-error";
    case ErrorCode::OutOfMemory:
      return "out-of-memory";
    case ErrorCode::Internal:
      return "internal";
  }
  return "internal";
}

UserError::UserError(ErrorCode code, std::string what, std::string why, std::string next)
    : std::runtime_error(joined(what = presentable(std::move(what)),
                                why = presentable(std::move(why)),
                                next = presentable(std::move(next)))),
      code_(code),
      what_(std::move(what)),
      why_(std::move(why)),
      next_(std::move(next)) {}

Interrupted::Interrupted(std::string resume)
    : std::runtime_error("interrupted"), resume_(std::move(resume)) {}

UserError describeCurrentException(std::string_view what) {
  const std::string subject(what);
  try {
    throw;
  } catch (const UserError& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return outOfMemory(subject);
  } catch (const std::filesystem::filesystem_error& error) {
    if (error.code() == std::errc::not_enough_memory) return outOfMemory(subject);
    // Of a copy it is the second that is written.
    const std::filesystem::path& path = error.path2().empty() ? error.path1() : error.path2();
    const std::string reason = error.code().message();
    return {ErrorCode::CannotWrite, subject, path.empty() ? reason : path.string() + ": " + reason,
            "check the disk's free space and its permissions"};
  } catch (const std::exception& error) {
    const std::string line = firstLine(error.what());
    if (tellsOfMemory(line)) return outOfMemory(subject);
    return {ErrorCode::Internal, subject, line,
            "this is a defect of Featurescope; please report it"};
  } catch (...) {
    return {ErrorCode::Internal, subject, "an unknown failure",
            "this is a defect of Featurescope; please report it"};
  }
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace featurescope

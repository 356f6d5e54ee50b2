// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace featurescope {

/// Stable names of what can go wrong for a person; tests and scripts may rely on them.
enum class ErrorCode {
  BadUsage,       ///< flags, keys or values that do not fit each other; exit status 2
  NotFound,       ///< a file, folder, tensor or feature that is not there
  BadFile,        ///< a file whose contents are not what its format demands
  BadText,        ///< a text that is not text, or too little of it
  ShapeMismatch,  ///< parts that do not fit each other
  NotFinite,      ///< a NaN or an infinity where a number is needed
  Unsupported,    ///< a format, architecture or setting that is known but not handled
  OutOfRange,     ///< an id outside of what exists
  OutputExists,   ///< an output that would be overwritten
  CannotWrite,    ///< a folder without permission, a full disk
  DatabaseError,  ///< a database that is locked, corrupt or of another version
  OutOfMemory,
  Internal,  ///< ours to mend, not the person's
};

[[nodiscard]] std::string_view name(ErrorCode code);

/// The one exception for what a person can mend: what failed, why, and what to do next.
/// Its text is "WHAT: WHY (NEXT)"; each is cut at 1000 bytes, control characters become spaces.
class UserError : public std::runtime_error {
 public:
  UserError(ErrorCode code, std::string what, std::string why, std::string next = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& whatFailed() const noexcept { return what_; }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  [[nodiscard]] const std::string& next() const noexcept { return next_; }

 private:
  ErrorCode code_;
  std::string what_, why_, next_;
};

/// Thrown by long work when its stop token was triggered. Not an error: what was finished is kept.
class Interrupted : public std::runtime_error {
 public:
  /// `resume` tells the person how to go on, or is empty when there is nothing to go on with.
  explicit Interrupted(std::string resume = {});
  [[nodiscard]] const std::string& resume() const noexcept { return resume_; }

 private:
  std::string resume_;
};

/// Runs `body` and turns what a library throws (std::bad_alloc, c10::Error, nlohmann, std::…) into
/// a UserError that says `what` failed. UserError and Interrupted pass through unchanged. Every job
/// and verb runs inside one, so that no exception of a library reaches a person.
template <class Body>
auto guarded(std::string_view what, Body&& body) -> decltype(body());

/// The UserError for the exception in flight; call it inside a catch block only.
[[nodiscard]] UserError describeCurrentException(std::string_view what);

template <class Body>
auto guarded(std::string_view what, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const UserError&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (...) {
    throw describeCurrentException(what);
  }
}

/// The candidate nearest to `word` by edit distance, or empty when none is near: for "did you
/// mean".
template <class Range>
[[nodiscard]] std::string nearestName(std::string_view word, const Range& candidates);

[[nodiscard]] std::size_t editDistance(std::string_view a, std::string_view b);

template <class Range>
std::string nearestName(std::string_view word, const Range& candidates) {
  std::string best;
  std::size_t bestDistance = word.size() / 2 + 1;
  for (const auto& candidate : candidates) {
    const std::string_view text{candidate};
    const std::size_t distance = editDistance(word, text);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = text;
    }
  }
  return best;
}

}  // namespace featurescope

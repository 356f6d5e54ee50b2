// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace featurescope {

/// What a job holds in memory for one purpose.
struct MemoryPart {
  const char* name;
  double bytes;
};

[[nodiscard]] double totalBytes(std::span<const MemoryPart> parts);

/// Less than this is left out where parts are told.
inline constexpr double kLeastBytesTold = 50e6;

/// "2.9": GB of 10^9 bytes.
[[nodiscard]] std::string gigabytes(double bytes);

/// "2.9 GB of memory: weights 0.5, …", in the order of `parts`.
[[nodiscard]] std::string describe(std::span<const MemoryPart> parts);

/// Throws UserError{OutOfMemory} when the job needs more than `available`; nothing: not known.
/// `what` cannot be done, for it needs what `description` says; `next` is what to do.
void checkFits(const std::string& what, const std::string& description, double bytes,
               std::optional<std::uint64_t> available, const std::string& next);

}  // namespace featurescope

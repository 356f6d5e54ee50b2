// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/memory_parts.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace featurescope {

double totalBytes(std::span<const MemoryPart> parts) {
  double total = 0;
  for (const MemoryPart& part : parts) total += part.bytes;
  return total;
}

std::string gigabytes(double bytes) { return fmt::format("{:.1f}", bytes / 1e9); }

std::string describe(std::span<const MemoryPart> parts) {
  std::string text = gigabytes(totalBytes(parts)) + " GB of memory";
  const char* separator = ":";
  for (const MemoryPart& part : parts) {
    if (part.bytes < kLeastBytesTold) continue;
    text += fmt::format("{} {} {}", separator, part.name, gigabytes(part.bytes));
    separator = ",";
  }
  return text;
}

void checkFits(const std::string& what, const std::string& description, double bytes,
               std::optional<std::uint64_t> available, const std::string& next) {
  if (!available || bytes <= static_cast<double>(*available)) return;
  throw UserError(ErrorCode::OutOfMemory, what,
                  fmt::format("it would need about {}; {} GB are free", description,
                              gigabytes(static_cast<double>(*available))),
                  next);
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace featurescope {

/// The name under which a file or folder grows beside `path` until it is whole, which nobody else
/// uses: hidden, with this process's number (.NAME.PID.partial).
[[nodiscard]] std::filesystem::path partialBeside(const std::filesystem::path& path);

/// What such a name tells. What SQLite puts beside a database (-journal, -wal, -shm) is of the same
/// name and process.
struct PartialName {
  std::string_view of;  ///< the final name; as long-lived as the text that was read
  pid_t process = 0;    ///< that writes it, or did
};
/// Nothing where `name` is no such name.
[[nodiscard]] std::optional<PartialName> readPartialName(std::string_view name);

/// Whether there is a process of this number on this machine.
[[nodiscard]] bool isRunning(pid_t process);

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/partial_name.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <signal.h>
#include <system_error>
#include <unistd.h>

namespace featurescope {

namespace {

constexpr std::string_view kSuffix = ".partial";

}  // namespace

std::filesystem::path partialBeside(const std::filesystem::path& path) {
  const auto process = static_cast<long>(::getpid());
  return path.parent_path() / fmt::format(".{}.{}{}", path.filename().string(), process, kSuffix);
}

std::optional<PartialName> readPartialName(std::string_view name) {
  const std::size_t suffix = name.rfind(kSuffix);
  if (!name.starts_with('.') || suffix == std::string_view::npos) return std::nullopt;
  const std::string_view rest = name.substr(suffix + kSuffix.size());
  if (!rest.empty() && !rest.starts_with('-')) return std::nullopt;
  name = name.substr(1, suffix == 0 ? 0 : suffix - 1);
  const std::size_t dot = name.rfind('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(dot + 1);
  PartialName result{.of = name.substr(0, dot)};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.process);
  const bool isNumber = error == std::errc() && end == digits.data() + digits.size();
  if (!isNumber || result.process <= 0) return std::nullopt;
  return result;
}

bool isRunning(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <filesystem>

namespace featurescope {

[[nodiscard]] inline std::filesystem::path toPath(const QString& text) {
  return std::filesystem::path(text.toStdString());
}

[[nodiscard]] inline QString toQString(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace featurescope

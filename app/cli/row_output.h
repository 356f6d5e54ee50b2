// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/rows.h"
#include "app/cli/verb.h"

#include <filesystem>
#include <optional>

namespace featurescope::cli {

/// How a row-printing verb prints: --json, --csv FILE ("-" is stdout), or an aligned table.
class RowOutput {
 public:
  void declare(Flags& flags);
  /// Refuses what cannot be written, before the rows are made.
  void check(const Session& session) const;
  void print(const RowTable& table, const Session& session) const;
  /// Whether the CSV goes to stdout, where nothing else may then stand.
  [[nodiscard]] bool fillsStdout() const { return csv_ && *csv_ == "-"; }

 private:
  std::optional<std::filesystem::path> csv_;
};

}  // namespace featurescope::cli

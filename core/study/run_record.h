// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Figures by column, all of one length.
struct RunTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;

  [[nodiscard]] std::size_t rows() const { return values.empty() ? 0 : values.front().size(); }
  /// The column of this name, or nothing.
  [[nodiscard]] const std::vector<double>* column(std::string_view name) const;
};

/// A run folder as its files stand (contract, "A run folder"). Immutable once handed out.
struct RunRecord {
  /// Something that happened in the run: β held, features resampled, a checkpoint.
  struct Event {
    std::string kind;
    std::int64_t step = 0;
    std::string sentence;
  };

  std::filesystem::path folder;
  Json description;  ///< run.json
  RunTable metrics;  ///< metrics.csv
  RunTable heldOut;  ///< held_out.csv; empty without held-out text
  std::vector<Event> events;

  [[nodiscard]] std::string name() const { return folder.filename().string(); }
  [[nodiscard]] std::string kind() const;   ///< "train", "finetune"; empty when run.json lacks it
  [[nodiscard]] std::string state() const;  ///< "running", "finished", "interrupted", "failed"
  [[nodiscard]] std::size_t rows() const { return metrics.rows(); }
  /// The column of metrics.csv with this name, or nothing.
  [[nodiscard]] const std::vector<double>* column(std::string_view name) const {
    return metrics.column(name);
  }
};

/// Reads a run folder again and again while another thread or program writes it; of its tables
/// only what was added. One thread.
class RunFollower {
 public:
  explicit RunFollower(std::filesystem::path folder);
  ~RunFollower();
  RunFollower(RunFollower&&) noexcept;
  RunFollower& operator=(RunFollower&&) noexcept;

  /// Reads what is new. True when anything changed since the last call. Throws UserError{NotFound,
  /// BadFile} when the folder is no run (any more).
  bool refresh();
  /// As of the last refresh(); never null after one.
  [[nodiscard]] std::shared_ptr<const RunRecord> record() const { return record_; }

 private:
  bool readNew();

  struct Files;

  std::filesystem::path folder_;
  std::unique_ptr<Files> files_;
  std::shared_ptr<const RunRecord> record_;
};

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/append_file.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

enum class RunState { Running, Finished, Interrupted, Failed };
[[nodiscard]] std::string_view name(RunState state);

/// Throws UserError{OutputExists} when there is something at `path` and `force` is false or it is
/// not a run, and {CannotWrite}, also when a process is writing that run: called before long work
/// starts.
void checkRunFolder(const std::filesystem::path& path, bool force);

/// Whether a process is at work in the run's folder; one that was killed is not.
[[nodiscard]] bool isBeingWritten(const std::filesystem::path& run);

/// A run's folder as it is written (contract, "A run folder"): run.json, files that grow line by
/// line (tables such as metrics.csv, and log.txt) and what else the run puts there. One writer, who
/// holds log.txt locked; readers may look at any time, since every file is replaced whole or grows
/// by whole lines.
class RunFolder {
 public:
  struct Table {
    std::string file;    ///< its name in the folder
    std::string header;  ///< what it starts with
  };

  /// Makes the folder; `description` becomes run.json with state running. Replaces an old run if
  /// forced to. Throws as checkRunFolder.
  static RunFolder create(const std::filesystem::path& path, Json description,
                          std::vector<Table> tables, bool force);
  /// The folder of a run that has ended, to go on with; its tables are not open yet. Clears away
  /// what a killed process left half-written. Throws UserError{NotFound, BadFile}, and
  /// {CannotWrite} when a process is writing it.
  static RunFolder open(const std::filesystem::path& path);
  /// Opens the tables to append to. One that is missing is made, and empty.
  void openTables(std::vector<Table> tables);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// run.json
  [[nodiscard]] const Json& description() const { return description_; }

  /// The four below throw UserError{CannotWrite}, a full disk included, and {NotFound} when
  /// somebody removed the folder. Lines end as the table's do.
  void append(const std::string& table, std::string_view lines);
  void log(std::string_view sentence);
  /// Merges `figures` into run.json and sets its state.
  void setState(RunState state, const Json& figures = Json::object());
  /// Before something is written beside these: it would make the folder anew, with that alone.
  void checkStillThere() const { (void)log_.size(); }

  /// How long each table is, after flushing it to the disk.
  [[nodiscard]] std::map<std::string, std::uint64_t> flushedLengths();
  /// Whether each table is at least as long.
  [[nodiscard]] bool reaches(const std::map<std::string, std::uint64_t>& lengths) const;
  /// Takes away what was appended since the tables had these lengths.
  void cutTo(const std::map<std::string, std::uint64_t>& lengths);
  /// Leaves each table with its header alone.
  void clearTables();

 private:
  RunFolder(std::filesystem::path path, Json description, AppendFile log);

  std::filesystem::path path_;
  Json description_;
  AppendFile log_;
  std::vector<Table> headers_;  ///< of the tables below
  std::map<std::string, AppendFile> tables_;
};

}  // namespace featurescope

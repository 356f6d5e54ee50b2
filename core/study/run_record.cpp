// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_record.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/study/growing_file.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <ranges>
#include <system_error>
#include <utility>

namespace featurescope {

namespace {

std::string textOf(const Json& description, const char* key) {
  const auto found = description.find(key);
  return found != description.end() && found->is_string() ? found->get<std::string>()
                                                          : std::string();
}

std::string_view withoutEnd(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// An empty or unreadable field is no number.
double number(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool whole = error == std::errc{} && end == field.data() + field.size();
  return whole ? value : std::numeric_limits<double>::quiet_NaN();
}

/// Calls `take` with each line, without its end.
template <class Take>
void forEachLine(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(withoutEnd(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

template <class Take>
void forEachField(std::string_view line, Take&& take) {
  for (std::size_t index = 0;; ++index) {
    const std::size_t comma = line.find(',');
    take(index, line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// A row of figures; the tables of a run quote nothing.
void appendRow(RunTable& table, std::string_view line, const std::filesystem::path& file) {
  if (table.columns.empty()) {
    forEachField(line,
                 [&](std::size_t, std::string_view field) { table.columns.emplace_back(field); });
    table.values.resize(table.columns.size());
    return;
  }
  const auto fields = std::ranges::count(line, ',') + 1;
  if (std::cmp_not_equal(fields, table.columns.size())) {
    throw UserError(ErrorCode::BadFile, "cannot read " + file.string(),
                    "a row has another number of fields than the first one");
  }
  forEachField(line, [&](std::size_t index, std::string_view field) {
    table.values[index].push_back(number(field));
  });
}

void append(RunTable& table, const GrowingFile::Lines& lines, const std::filesystem::path& file) {
  if (lines.startsOver) table = {};
  forEachLine(lines.text, [&](std::string_view line) { appendRow(table, line, file); });
}

void appendEvent(RunRecord& record, std::string_view line) {
  const std::string what = "cannot read " + (record.folder / "events.jsonl").string();
  const Json event = parseJson(line, what);
  record.events.push_back({member<std::string>(event, "kind", what),
                           member<std::int64_t>(event, "step", what),
                           memberOr<std::string>(event, "sentence", "", what)});
}

}  // namespace

std::string RunRecord::kind() const { return textOf(description, "kind"); }
std::string RunRecord::state() const { return textOf(description, "state"); }

const std::vector<double>* RunTable::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) return nullptr;
  return &values[static_cast<std::size_t>(found - columns.begin())];
}

struct RunFollower::Files {
  explicit Files(const std::filesystem::path& folder)
      : metrics(folder / "metrics.csv"),
        heldOut(folder / "held_out.csv"),
        events(folder / "events.jsonl") {}

  std::string description;  ///< run.json's text when it was last read
  GrowingFile metrics, heldOut, events;
};

RunFollower::RunFollower(std::filesystem::path folder)
    : folder_(std::move(folder)), files_(std::make_unique<Files>(folder_)) {}

RunFollower::~RunFollower() = default;
RunFollower::RunFollower(RunFollower&&) noexcept = default;
RunFollower& RunFollower::operator=(RunFollower&&) noexcept = default;

bool RunFollower::refresh() {
  try {
    return readNew();
  } catch (...) {
    // What was read so far stands for nothing: a later call begins anew.
    *this = RunFollower(folder_);
    throw;
  }
}

bool RunFollower::readNew() {
  const std::filesystem::path descriptionFile = folder_ / "run.json";
  std::string description = readFile(descriptionFile);
  const GrowingFile::Lines metrics = files_->metrics.next();
  const GrowingFile::Lines heldOut = files_->heldOut.next();
  const GrowingFile::Lines events = files_->events.next();
  const auto isNew = [](const GrowingFile::Lines& lines) {
    return !lines.text.empty() || lines.startsOver;
  };
  const bool changed = !record_ || description != files_->description || isNew(metrics) ||
                       isNew(heldOut) || isNew(events);
  if (!changed) return false;

  auto record = record_ ? std::make_shared<RunRecord>(*record_) : std::make_shared<RunRecord>();
  record->folder = folder_;
  if (description != files_->description) {
    record->description = parseJson(description, "cannot read " + descriptionFile.string());
    files_->description = std::move(description);
  }
  append(record->metrics, metrics, folder_ / "metrics.csv");
  append(record->heldOut, heldOut, folder_ / "held_out.csv");
  if (events.startsOver) record->events.clear();
  forEachLine(events.text, [&](std::string_view line) { appendEvent(*record, line); });
  record_ = std::move(record);
  return true;
}

}  // namespace featurescope

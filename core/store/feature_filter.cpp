// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/feature_filter.h"

#include "core/base/error.h"

#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace featurescope {

namespace {

constexpr std::string_view kTable = "feature_table";
constexpr std::size_t kLongestExpression = 10'000;

/// Functions that compute a number or a short text. (LIKE and GLOB are calls of functions too.)
constexpr std::array<std::string_view, 35> kFunctions{
    "abs",    "avg",   "ceil",  "ceiling", "coalesce", "count",  "exp",  "floor", "glob",
    "ifnull", "iif",   "instr", "length",  "like",     "ln",     "log",  "log10", "log2",
    "lower",  "ltrim", "max",   "min",     "mod",      "nullif", "pow",  "power", "round",
    "rtrim",  "sign",  "sqrt",  "substr",  "sum",      "total",  "trim", "upper"};

bool contains(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The rest of SQLite's message after `start`, when it begins so.
std::string after(std::string_view start, std::string_view message) {
  return message.starts_with(start) ? std::string(message.substr(start.size())) : std::string();
}

}  // namespace

std::string columnsHint(std::string_view word, const std::vector<std::string>& columns) {
  const std::string near = nearestName(word, columns);
  return fmt::format("{}{}{}columns: {}", near.empty() ? "" : "did you mean ", near,
                     near.empty() ? "" : "? ", fmt::join(columns, " "));
}

FeatureFilter::FeatureFilter(const Database& database, std::string expression,
                             std::vector<std::string> columns)
    : database_(database), expression_(std::move(expression)), columns_(std::move(columns)) {
  if (expression_.empty()) return;
  sqlite3_set_authorizer(database_.handle(), &authorize, this);
  sqlite3_progress_handler(database_.handle(), kStepSize, &countStep, this);
  try {
    check();
  } catch (...) {
    letGo();
    throw;
  }
}

FeatureFilter::~FeatureFilter() {
  if (!expression_.empty()) letGo();
}

void FeatureFilter::letGo() {
  sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
  database_.boundWork();
}

std::string FeatureFilter::clause() const {
  // The line end closes a comment that the expression may end with.
  return expression_.empty() ? std::string() : "WHERE (" + expression_ + "\n)";
}

int FeatureFilter::authorize(void* self, int action, const char* first, const char* second,
                             const char*, const char* view) {
  auto& filter = *static_cast<FeatureFilter*>(self);
  const std::string_view name = second != nullptr ? second : "";
  switch (action) {
    case SQLITE_SELECT:
      return SQLITE_OK;
    case SQLITE_READ:
      // What the view itself reads is ours. No column at all: the row is only counted.
      if ((view != nullptr && view == kTable) || name.empty()) return SQLITE_OK;
      if (first == kTable && contains(filter.columns_, name)) return SQLITE_OK;
      filter.refused_ = first == kTable ? std::string(name) : std::string(first);
      return SQLITE_DENY;
    case SQLITE_FUNCTION:
      if (contains(kFunctions, name)) return SQLITE_OK;
      filter.refused_ = std::string(name) + "()";
      return SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

int FeatureFilter::countStep(void* self) {
  auto& filter = *static_cast<FeatureFilter*>(self);
  return ++filter.steps_ > kMostSteps ? 1 : 0;
}

/// An expression is one that SQLite takes in two places: on its own and in parentheses. No text
/// that closes the parenthesis, or opens another clause or statement, passes both.
void FeatureFilter::check() {
  if (expression_.size() > kLongestExpression || expression_.find('\0') != std::string::npos) {
    fail("it is too long, or holds a zero byte", "");
  }
  const std::array sources{"SELECT " + expression_ + "\n FROM feature_table",
                           "SELECT 1 FROM feature_table " + clause()};
  for (const std::string& sql : sources) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v2(database_.handle(), sql.c_str(), -1, &statement, &rest);
    const bool whole = rest != nullptr && *rest == '\0';
    const int parameters = sqlite3_bind_parameter_count(statement);
    const int results = sqlite3_column_count(statement);
    sqlite3_finalize(statement);
    const std::string message = sqlite3_errmsg(database_.handle());
    const std::string columns = columnsHint({}, columns_);
    if (code == SQLITE_OK) {
      if (!whole || results != 1) fail("it is not one SQL expression", columns);
      if (parameters != 0) fail("it has a parameter where a value is needed", columns);
    } else if (code == SQLITE_AUTH) {
      fail("it may not use " + (refused_.empty() ? "statements" : refused_), columns);
    } else if (const std::string column = after("no such column: ", message); !column.empty()) {
      fail("there is no column " + column, columnsHint(column, columns_));
    } else if (const std::string function = after("no such function: ", message);
               !function.empty()) {
      const std::string near = nearestName(function, kFunctions);
      fail("there is no function " + function, near.empty() ? "" : "did you mean " + near + "?");
    } else if (code == SQLITE_ERROR) {
      fail(message, "write it as in SQL: density > 0.01 AND top_token = '·the'; " + columns);
    } else {
      database_.fail(code);
    }
  }
}

std::string FeatureFilter::whatFailed() const {
  return "cannot filter by \"" + expression_.substr(0, 200) + "\"";
}

void FeatureFilter::fail(const std::string& why, const std::string& next) const {
  throw UserError(ErrorCode::BadUsage, whatFailed(), why, next);
}

void FeatureFilter::failTooLong() const {
  fail("it takes too long", "leave out what compares every feature with every other");
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"

#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// "did you mean density? columns: feature density …", without the question where none is near.
[[nodiscard]] std::string columnsHint(std::string_view word,
                                      const std::vector<std::string>& columns);

/// A person's SQL expression over the columns of feature_table, made safe to run: it must be one
/// expression, may read nothing but those columns, call only functions that compute, and not run
/// for ever. While it lives, every statement of its database is held to that.
class FeatureFilter {
 public:
  /// `columns`: the columns this index has. Throws UserError{BadUsage} for a bad expression, naming
  /// the nearest column for an unknown one. An empty expression accepts every row.
  FeatureFilter(const Database& database, std::string expression, std::vector<std::string> columns);
  ~FeatureFilter();
  FeatureFilter(const FeatureFilter&) = delete;
  FeatureFilter& operator=(const FeatureFilter&) = delete;

  /// "WHERE (…)", or empty.
  [[nodiscard]] std::string clause() const;
  /// For an Interrupted that came while running: was it the filter's own limit?
  [[nodiscard]] bool tookTooLong() const { return steps_ > kMostSteps; }
  /// UserError{BadUsage} that says so.
  [[noreturn]] void failTooLong() const;

 private:
  static constexpr int kStepSize = 10'000;  ///< instructions of SQLite's machine between two looks
  static constexpr std::int64_t kMostSteps = 20'000;  ///< a second or two

  static int authorize(void* self, int action, const char* first, const char* second, const char*,
                       const char* view);
  static int countStep(void* self);
  void check();
  void letGo();
  [[noreturn]] void fail(const std::string& why, const std::string& next) const;
  [[nodiscard]] std::string whatFailed() const;

  const Database& database_;
  std::string expression_;
  std::vector<std::string> columns_;
  std::string refused_;  ///< what the expression asked for and may not have
  std::int64_t steps_ = 0;
};

}  // namespace featurescope

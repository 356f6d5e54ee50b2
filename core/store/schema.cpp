// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/schema.h"

#include "core/base/error.h"
#include "core/store/schema_versions.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

using SchemaObjects = std::map<std::string, std::string>;  // name → its CREATE statement

SchemaObjects schemaObjects(const Database& database) {
  SchemaObjects objects;
  Statement rows(database, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");
  while (rows.step()) objects.emplace(rows.text(0), rows.text(1));
  return objects;
}

/// What an index of `version`, from 1, holds.
const SchemaObjects& ownSchemaObjects(std::size_t version) {
  static const auto objects = [] {
    std::vector<SchemaObjects> byVersion;
    const auto steps = indexMigrations();
    byVersion.reserve(steps.size());
    Database database = Database::inMemory();
    for (std::size_t count = 1; count <= steps.size(); ++count) {
      migrate(database, steps.first(count));
      byVersion.push_back(schemaObjects(database));
    }
    return byVersion;
  }();
  return objects[version - 1];
}

[[noreturn]] void refuseNewer(const std::string& what, std::int64_t version, std::size_t known) {
  throw UserError(ErrorCode::DatabaseError, what,
                  fmt::format("it is an index of version {}; this program knows versions up to {}",
                              version, known),
                  "update Featurescope, or build the index again with this one");
}

}  // namespace

std::span<const Migration> indexMigrations() {
  static const std::array steps{kSchemaVersion1, kSchemaVersion2};
  return steps;
}

void migrate(Database& database, std::span<const Migration> steps) {
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version < 0 || std::cmp_greater(version, steps.size())) {
    refuseNewer("cannot update the index", version, steps.size());
  }
  if (std::cmp_equal(version, steps.size())) return;
  std::string sql = "BEGIN IMMEDIATE;";
  for (const Migration step : steps.subspan(static_cast<std::size_t>(version))) sql += step;
  sql += fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                     kIndexApplicationId, steps.size());
  try {
    database.execute(sql);
  } catch (...) {
    if (database.inTransaction()) database.execute("ROLLBACK");
    throw;
  }
}

int checkIsIndex(const Database& database, const std::filesystem::path& shownPath) {
  const std::string what = "cannot read " + shownPath.string();
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (database.integer("PRAGMA application_id") != kIndexApplicationId || version < 1) {
    throw UserError(ErrorCode::BadFile, what, "it is a SQLite database, but not an index",
                    "choose a file made by `featurescope index`");
  }
  const std::size_t known = indexMigrations().size();
  if (std::cmp_greater(version, known)) refuseNewer(what, version, known);
  const SchemaObjects found = schemaObjects(database);
  for (const auto& [name, sql] : ownSchemaObjects(static_cast<std::size_t>(version))) {
    const auto object = found.find(name);
    if (object == found.end() || object->second != sql) {
      throw UserError(
          ErrorCode::DatabaseError, what,
          fmt::format("its {} is {} an index of version {} has", name,
                      object == found.end() ? "missing, which" : "not the one that", version),
          "build the index again");
    }
  }
  return static_cast<int>(version);
}

}  // namespace featurescope

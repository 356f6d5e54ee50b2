// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/upgrade_index.h"

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/index_reader.h"
#include "core/store/partial_file.h"
#include "core/store/schema.h"

#include <system_error>

namespace featurescope {

namespace {

void copyOver(const std::filesystem::path& from, const PartialFile& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to.path(), error);
  if (!error) return;
  throw UserError(ErrorCode::CannotWrite, "cannot write beside " + from.string(), error.message(),
                  "free some disk space, or copy the index to a folder that can be written");
}

}  // namespace

IndexUpgrade upgradeIndex(const std::filesystem::path& path) {
  // Refuses what is no index of ours, or damaged, before anything is written.
  IndexUpgrade upgrade;
  upgrade.from = IndexReader::open(path).version();
  upgrade.to = static_cast<std::int64_t>(indexMigrations().size());
  if (upgrade.from == upgrade.to) return upgrade;
  PartialFile file(path);
  copyOver(path, file);
  Database database(file.path(), Database::Access::Build, path);
  migrate(database);
  database.leaveWriteAheadMode();
  database.close();
  file.commit();
  return upgrade;
}

}  // namespace featurescope

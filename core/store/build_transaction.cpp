// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/build_transaction.h"

namespace featurescope {

namespace {

constexpr std::size_t kBytesACommit = 2 << 20;
constexpr std::size_t kBytesARow = 20;  // about what a row of a few numbers takes

}  // namespace

BuildTransaction::BuildTransaction(Database& database) : database_(database) {
  database_.execute("BEGIN");
}

void BuildTransaction::insert(Statement& row, std::size_t bytes) {
  row.run();
  uncommittedBytes_ += kBytesARow + bytes;
  if (uncommittedBytes_ < kBytesACommit) return;
  database_.execute("COMMIT; BEGIN");
  uncommittedBytes_ = 0;
}

void BuildTransaction::commit() { database_.execute("COMMIT"); }

}  // namespace featurescope

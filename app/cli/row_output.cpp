// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/row_output.h"

#include "core/base/files.h"

#include <fmt/format.h>

namespace featurescope::cli {

void RowOutput::declare(Flags& flags) {
  flags.path("--csv", "FILE", csv_, "write the rows to this file as CSV (- is stdout)");
}

void RowOutput::check(const Session& session) const {
  if (!csv_) return;
  if (*csv_ != "-") {
    checkOutput(*csv_, session.flags.force);
  } else if (session.flags.json) {
    throw wrongUsage("cannot print the rows", "--json and --csv - both want stdout",
                     "give --csv a file's name");
  }
}

void RowOutput::print(const RowTable& table, const Session& session) const {
  if (csv_ && *csv_ == "-") {
    session.output.write(toCsv(table));
    return;
  }
  if (csv_) writeFile(*csv_, toCsv(table));
  if (session.flags.json) {
    printJson(table, session.output);
  } else if (csv_) {
    session.output.write(fmt::format("wrote {}: {} rows\n", csv_->string(), table.rows.size()));
  } else {
    printAligned(table, session.output);
  }
}

}  // namespace featurescope::cli

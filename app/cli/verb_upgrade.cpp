// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verbs.h"
#include "core/store/upgrade_index.h"

#include <fmt/format.h>

namespace featurescope::cli {

namespace {

class UpgradeVerb final : public Verb {
 public:
  void declare(Flags& flags) override {
    flags.path("INDEX", "", index_, "an index that an earlier `featurescope index` made")
        .required();
  }

  void run(const Session& session) override {
    const IndexUpgrade upgrade = upgradeIndex(index_);
    const std::string told =
        upgrade.from == upgrade.to
            ? fmt::format("{} is of version {} already\n", index_.string(), upgrade.to)
            : fmt::format("brought {} from version {} to {}\n", index_.string(), upgrade.from,
                          upgrade.to);
    session.report({{"index", index_.string()}, {"from", upgrade.from}, {"to", upgrade.to}}, told);
  }

 private:
  std::filesystem::path index_;
};

}  // namespace

const VerbEntry kUpgrade{
    .name = "upgrade",
    .group = "What features fire on",
    .summary = "bring an index of an earlier version to this one",
    .usage = "INDEX [FLAGS]",
    .description =
        "Indexes of earlier versions open as they are; upgraded ones have the views of this "
        "version "
        "for other programs. What was not kept when the index was made stays empty: build it again "
        "to have it.",
    .examples = "featurescope upgrade demo/index.sqlite",
    .writes = false,
    .make = makeVerb<UpgradeVerb>};

}  // namespace featurescope::cli

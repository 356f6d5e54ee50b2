// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/training_report.h"

#include <fmt/format.h>

namespace featurescope::cli {

void reportTraining(const Session& session, const std::filesystem::path& run,
                    const TrainMetrics& last, const std::string& headline) {
  session.report(
      {{"run", run.string()},
       {"sae", (run / "sae").string()},
       {"steps", last.step + 1},
       {"tokens", last.tokens},
       {"loss", last.loss},
       {"recon_loss", last.reconstructionLoss},
       {"l1_loss", last.l1Loss},
       {"l1_coeff", last.l1Coefficient},
       {"l0", last.l0},
       {"dead", last.dead},
       {"tokens_per_second", last.tokensPerSecond}},
      fmt::format("{}: {} steps, {} tokens\n"
                  "  loss        {:.5g}\n"
                  "  recon_loss  {:.5g}\n"
                  "  l1_loss     {:.5g} (coefficient {:.4g})\n"
                  "  l0          {:.2f}\n"
                  "  dead        {}\n",
                  headline, last.step + 1, last.tokens, last.loss, last.reconstructionLoss,
                  last.l1Loss, last.l1Coefficient, last.l0, last.dead));
}

}  // namespace featurescope::cli

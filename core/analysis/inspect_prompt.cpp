// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/inspect_prompt.h"

namespace featurescope {

std::vector<PromptToken> inspectPrompt(const InspectRequest& request, const JobContext& job) {
  const auto session = PromptSession::open({.model = request.model,
                                            .sae = request.sae,
                                            .site = request.site,
                                            .fineTuning = std::nullopt,
                                            .predictions = false,
                                            .modelHash = {},
                                            .saeHash = {},
                                            .compute = request.compute});
  job.throwIfStopped();
  return session->run(request.prompt, job).tokens;
}

}  // namespace featurescope

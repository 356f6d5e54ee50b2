// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/index_provenance.h"

#include "core/analysis/logit_attribution_torch.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/base/version.h"
#include "core/lm/device_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/checkpoint.h"
#include "core/sae/feature_scales.h"
#include "core/text/tokenizer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace featurescope {

namespace {

std::string now() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// The arithmetic that "auto" stands for, by the names of --dtype.
std::string dtypeUsed(const ComputeOptions& options) {
  const at::ScalarType dtype = resolveDtype(options, resolveDevice(options));
  return dtype == at::kBFloat16 ? "bfloat16" : dtype == at::kHalf ? "float16" : "float32";
}

/// What the stored figures are, where their names do not tell: for people who query the file.
Provenance definitions(const IndexDetail& detail) {
  return {
      {"definition_density_interval",
       "Wilson's 95 % interval of active tokens among all tokens, as if tokens were independent"},
      {"definition_histogram",
       "bins of a quarter octave, 2^-16 to 2^16; the first reaches down to "
       "0, the last up to 2^128"},
      {"definition_quantile",
       fmt::format("of at most {} activations drawn by seed, ranked: groups of equal count, the "
                   "first drawn of each",
                   detail.drawn())},
      {"definition_random", "drawn by seed from all activations, each as likely"},
      {"definition_near_miss",
       fmt::format("of {} tokens drawn by seed, those of largest pre-activation that do not "
                   "activate the feature; the value is the pre-activation",
                   kNearMissTokens)},
      {"definition_feature_token",
       "precision: of the feature's activations, the share at this token; recall: of the token's "
       "occurrences, the share that activates the feature"},
      {"definition_logit", std::string(kLogitAttributionConvention)},
  };
}

/// "[{"hash": …, "path": …}, …]", in the order they were read.
std::string describeTexts(const std::vector<std::filesystem::path>& files, const JobContext& job) {
  Json texts = Json::array();
  for (const auto& file : files) {
    job.throwIfStopped();
    texts.push_back({{"path", file.string()}, {"hash", hashFile(file)}});
  }
  return texts.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string describeCoActivation(const IndexReport& report, const IndexDetail& detail) {
  if (report.countedCoActivations) return "counted at every token, for all pairs of features";
  return fmt::format(
      "estimated, since too many features are active at a token to count all pairs: from samples "
      "of {0} activations a feature, Jaccard index J with standard error sqrt(J(1-J)/{0})",
      detail.drawn());
}

}  // namespace

Provenance describeInputs(const IndexRequest& request, const JobContext& job) {
  job.progress.update(
      {.stage = "hashing the inputs", .done = 0, .total = 0, .unit = {}, .detail = {}});
  const CheckpointInfo sae = inspectCheckpoint(request.sae);
  const CorpusOptions& corpus = request.corpus;
  Provenance entries{
      {"created", now()},
      {"featurescope_version", std::string(programVersion())},
      {"torch_version", torchVersion()},
      {"model", request.model.string()},
      {"model_hash", ModelFolder::open(request.model).hash()},
      {"tokenizer_hash", Tokenizer::load(request.model).hash()},
      {"sae", request.sae.string()},
      {"sae_hash", hashCheckpoint(sae)},
      {"sae_architecture", std::string(name(sae.activation.architecture))},
      {"features", std::to_string(sae.features)},
      {"site", request.site.moduleName()},
      {"layer", std::to_string(request.site.layer.value)},
      {"width", std::to_string(sae.width)},
      {"texts", describeTexts(corpus.files, job)},
      {"packing", corpus.packing == Packing::Packed ? "packed" : "documents"},
      {"field", corpus.field},
      {"context", std::to_string(corpus.context)},
      {"top", std::to_string(request.detail.top)},
      {"quantiles", std::to_string(request.detail.quantiles)},
      {"quantile_examples", std::to_string(request.detail.quantileExamples)},
      {"samples", std::to_string(request.detail.samples)},
      {"near_misses", std::to_string(request.detail.nearMisses)},
      {"feature_tokens", std::to_string(request.detail.featureTokens)},
      {"neighbours", std::to_string(request.detail.neighbours)},
      {"logit_tokens", std::to_string(request.detail.logitTokens)},
      {"postings_budget", std::to_string(request.detail.postingsBudget)},
      {"batch", std::to_string(request.batch)},
      {"device", describeDevice(request.compute)},
      {"dtype", dtypeUsed(request.compute)},
      {"threads",
       std::to_string(request.compute.threads > 0 ? request.compute.threads : availableThreads())},
      {"seed", std::to_string(request.compute.seed)},
  };
  entries.merge(definitions(request.detail));
  if (corpus.maxTokens) entries["tokens_limit"] = std::to_string(*corpus.maxTokens);
  if (request.fineTuning) {
    entries["fine_tuning"] = request.fineTuning->string();
    entries["fine_tuning_hash"] = hashFile(FeatureScales::fileOf(*request.fineTuning));
  }
  return entries;
}

Provenance describeOutcome(const CorpusReport& corpus, const IndexReport& report,
                           const IndexDetail& detail) {
  Provenance entries{
      {"tokens", std::to_string(report.tokens)},
      {"contexts", std::to_string(report.contexts)},
      {"documents", std::to_string(corpus.documents)},
      {"empty_documents", std::to_string(corpus.emptyDocuments)},
      {"dropped_tokens", std::to_string(report.droppedTokens)},
      {"dead", std::to_string(report.dead)},
      {"l0", shortest(report.l0)},
  };
  if (detail.neighbours > 0) {
    entries["definition_co_activation"] = describeCoActivation(report, detail);
  }
  return entries;
}

}  // namespace featurescope

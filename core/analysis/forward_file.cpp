// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/forward_file.h"

#include "core/analysis/fine_tuning_run.h"
#include "core/analysis/sae_edit_torch.h"
#include "core/analysis/token_ids_file.h"
#include "core/base/files.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/finite_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/sae_fit.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot run the model";

/// The SAE that replaces a site, with everything that --finetune leaves to its run.json settled.
struct Insertion {
  std::filesystem::path sae;
  Site site;
  bool keepError = false;
};

std::optional<Insertion> insertionOf(const ForwardRequest& request) {
  FineTuningRun run;
  if (request.fineTuning) run = FineTuningRun::load(*request.fineTuning);
  const auto sae = request.sae ? request.sae : run.sae;
  if (!sae) {
    if (!request.fineTuning && !request.site) return std::nullopt;
    throw UserError(ErrorCode::BadUsage, kWhat, "a site but no SAE to insert there is given",
                    "give --sae too");
  }
  auto site = request.site ? request.site : run.site;
  if (!site) site = Site::fromName(inspectCheckpoint(*sae).hookName);
  if (!site) {
    throw UserError(ErrorCode::BadUsage, kWhat, "the SAE does not say which layer it is of",
                    "give --layer too");
  }
  return Insertion{*sae, *site, run.keepsError};
}

/// The captured sites by the names they were asked under.
std::map<std::string, Site> captureSites(const ForwardRequest& request) {
  std::map<std::string, Site> sites;
  for (const auto& name : request.captures) {
    const auto site = Site::fromName(name);
    if (!site) {
      throw UserError(ErrorCode::BadUsage, "cannot capture " + name, "it names no site",
                      "captures are gpt_neox.layers.L, gpt_neox.layers.L.mlp.dense_h_to_4h and "
                      "gpt_neox.layers.L.mlp.dense_4h_to_h");
    }
    sites.emplace(name, *site);
  }
  if (sites.empty() && !request.logits) {
    throw UserError(ErrorCode::BadUsage, kWhat, "neither logits nor a site to capture is asked for",
                    "give --capture, or leave --no-logits out");
  }
  return sites;
}

/// The last site whose weights are needed; nothing when all are.
std::optional<Site> lastNeeded(const ForwardRequest& request,
                               const std::map<std::string, Site>& captures) {
  std::optional<Site> last;
  if (request.logits) return last;
  for (const auto& [name, site] : captures) last = std::max(last.value_or(site), site);
  return last;
}

/// The file's tensors, filled a few rows of the batch at a time.
class Results {
 public:
  Results(std::int64_t rows, std::int64_t length) : rows_(rows), length_(length) {}

  /// `value` [some rows, length, width] of the rows from `first`.
  void put(const std::string& name, std::int64_t first, const at::Tensor& value) {
    if (!allFinite(value)) {
      throw UserError(ErrorCode::NotFinite, kWhat, name + " holds a NaN or an infinity",
                      "use --dtype float32");
    }
    at::Tensor& whole = tensors_[name];
    if (!whole.defined()) whole = at::empty({rows_, length_, value.size(-1)}, at::kFloat);
    whole.narrow(0, first, value.size(0)).copy_(value);
  }

  void write(const std::filesystem::path& path) const {
    std::vector<NamedTensor> named;
    for (const auto& [name, tensor] : tensors_) named.push_back({name, fromTorch(tensor)});
    writeSafetensors(path, named);
  }

 private:
  std::int64_t rows_, length_;
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace

ForwardReport forwardFile(const ForwardRequest& request, const JobContext& job) {
  checkOutput(request.out, request.force);
  const auto captures = captureSites(request);
  const auto insertion = insertionOf(request);
  const TokenBatch batch = readTokenIds(request.ids);

  const at::NoGradGuard noGrad;
  applyThreads(request.compute);
  const at::Device device = resolveDevice(request.compute);
  if (insertion) {
    checkFits(inspectCheckpoint(insertion->sae), ModelFolder::open(request.model).config,
              insertion->site);
  }
  const auto model =
      LanguageModel::open(request.model, {.device = device,
                                          .dtype = resolveDtype(request.compute, device),
                                          .upTo = lastNeeded(request, captures)});
  std::optional<LanguageModel::Edit> edit;
  if (insertion) {
    const auto autoencoder = Autoencoder::load(insertion->sae, device);
    std::optional<FeatureScales> scales;
    if (request.fineTuning) {
      scales = FeatureScales::load(*request.fineTuning, autoencoder.features());
    }
    edit = saeEdit(insertion->site, autoencoder, scales, insertion->keepError);
  }

  const at::Tensor tokens = toTorch(batch, model);
  std::vector<Site> sites;
  sites.reserve(captures.size());
  for (const auto& [name, site] : captures) sites.push_back(site);

  // About 1024 tokens at a time: the products are at full speed, and temporaries stay small.
  const std::int64_t step = std::max<std::int64_t>(1, 1024 / batch.length);
  Results results(batch.rows(), batch.length);
  double lossSum = 0;
  for (std::int64_t first = 0; first < batch.rows(); first += step) {
    job.throwIfStopped();
    const at::Tensor rows = tokens.narrow(0, first, std::min(step, batch.rows() - first));
    const auto pass = model.forward(rows, sites, edit, request.logits);
    for (const auto& [name, site] : captures) results.put(name, first, pass.sites.at(site));
    if (request.logits) {
      results.put("logits", first, model.logits(pass.hidden));
      lossSum += model.tokenLosses(pass.hidden, rows).sum(at::kDouble).item<double>();
    }
    job.progress.update({"running the model",
                         static_cast<std::uint64_t>((first + rows.size(0)) * batch.length),
                         static_cast<std::uint64_t>(batch.rows() * batch.length),
                         "tokens",
                         {}});
  }
  results.write(request.out);

  const std::int64_t predicted = batch.rows() * (batch.length - 1);
  if (!request.logits || predicted == 0) return {};
  return {lossSum / static_cast<double>(predicted)};
}

}  // namespace featurescope

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cosines.h"

#include "core/analysis/decoder_geometry_torch.h"
#include "core/base/error.h"
#include "core/sae/autoencoder_torch.h"
#include "core/store/index_reader.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot compare the features with the dead ones";

/// SAELens stores log10(frequency + 1e-10): a frequency of 0 is -10, in float32 or near it.
constexpr double kLeastFrequency = 1e-10;
constexpr double kDeadBelow = -9.999;

/// By feature, from a checkpoint's sparsity file.
std::vector<double> readFrequencies(const std::filesystem::path& sae) {
  const CheckpointInfo info = inspectCheckpoint(sae);
  if (!info.sparsityPath) {
    throw UserError(ErrorCode::NotFound, kWhat,
                    sae.string() + " has no sparsity.safetensors that says which features are dead",
                    "build an index with it and give that: featurescope cosines INDEX");
  }
  const TensorFile file = TensorFile::open(*info.sparsityPath);
  const std::string what = "cannot read " + info.sparsityPath->string();
  const at::Tensor logs = toTorch(file.tensor("sparsity"));
  if (logs.dim() != 1 || logs.size(0) != info.features) {
    throw UserError(
        ErrorCode::ShapeMismatch, what,
        fmt::format("it does not hold one frequency for each of {} features", info.features),
        "use the file that was saved with the SAE");
  }
  const at::Tensor wide = logs.to(at::kDouble).contiguous();
  if (wide.isnan().any().item<bool>()) {
    throw UserError(ErrorCode::NotFinite, what, "a frequency is not a number");
  }
  std::vector<double> frequencies(static_cast<std::size_t>(info.features));
  std::ranges::transform(std::span(wide.const_data_ptr<double>(), frequencies.size()),
                         frequencies.begin(), [](double log) {
                           if (log <= kDeadBelow) return 0.0;
                           return std::pow(10, log) - kLeastFrequency;
                         });
  return frequencies;
}

/// Rows [M, d] against the mean of their dead ones.
std::vector<FeatureCosine> cosinesOf(const at::Tensor& rows, const std::vector<double>& densities,
                                     const std::vector<bool>& dead) {
  const DecoderGeometry geometry = decoderGeometry(rows, dead);
  std::vector<FeatureCosine> cosines;
  cosines.reserve(dead.size());
  for (std::size_t i = 0; i < dead.size(); ++i) {
    cosines.push_back({.feature = FeatureId{static_cast<std::int32_t>(i)},
                       .dead = dead[i],
                       .cosine = geometry.cosinesToDead[i],
                       .density = densities[i]});
  }
  return cosines;
}

/// The null line: as `cosines` in what is dead and how dense, its directions random.
DeadDirection randomDirection(const std::vector<FeatureCosine>& cosines, std::int64_t width,
                              std::uint64_t seed) {
  std::vector<double> densities;
  std::vector<bool> dead;
  densities.reserve(cosines.size());
  dead.reserve(cosines.size());
  for (const FeatureCosine& entry : cosines) {
    densities.push_back(entry.density);
    dead.push_back(entry.dead);
  }
  const AutoencoderParameters fresh = randomAutoencoder(width, std::ssize(cosines), seed);
  return describeDeadDirection(cosinesOf(fresh.W_dec, densities, dead));
}

std::optional<std::int64_t> widthOf(const Provenance& provenance) {
  const auto entry = provenance.find("width");
  if (entry == provenance.end()) return std::nullopt;
  std::int64_t width = 0;
  const std::string& text = entry->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  if (error != std::errc() || end != text.data() + text.size() || width < 1) return std::nullopt;
  return width;
}

}  // namespace

CosinesReport cosinesOfIndex(const std::filesystem::path& index, std::uint64_t seed) {
  const IndexReader reader = IndexReader::open(index);
  CosinesReport report;
  bool hasEncoder = false;
  for (const FeatureRecord& record : reader.features()) {
    report.decoder.push_back({.feature = record.feature,
                              .dead = record.dead,
                              .cosine = record.cosineToDead,
                              .density = record.density});
    report.encoder.push_back(report.decoder.back());
    report.encoder.back().cosine = record.encoderCosineToDead;
    hasEncoder = hasEncoder || record.encoderCosineToDead;
  }
  if (!hasEncoder) report.encoder.clear();
  report.decoderDirection = describeDeadDirection(report.decoder);
  report.encoderDirection = describeDeadDirection(report.encoder);
  if (const auto width = widthOf(reader.provenance())) {
    report.randomDirection = randomDirection(report.decoder, *width, seed);
  }
  return report;
}

CosinesReport cosinesOfCheckpoint(const std::filesystem::path& sae, std::uint64_t seed) {
  return guarded(kWhat, [&] {
    const std::vector<double> densities = readFrequencies(sae);
    std::vector<bool> dead;
    dead.reserve(densities.size());
    for (const double density : densities) dead.push_back(density == 0);
    const Autoencoder autoencoder = Autoencoder::load(sae);
    const AutoencoderParameters& parameters = autoencoder.parameters();
    CosinesReport report;
    report.decoder = cosinesOf(parameters.W_dec, densities, dead);
    report.encoder = cosinesOf(parameters.W_enc.t(), densities, dead);
    report.decoderDirection = describeDeadDirection(report.decoder);
    report.encoderDirection = describeDeadDirection(report.encoder);
    report.randomDirection = randomDirection(report.decoder, autoencoder.width(), seed);
    return report;
  });
}

}  // namespace featurescope

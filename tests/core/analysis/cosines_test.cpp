// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cosines.h"

#include "core/base/error.h"
#include "core/lm/compute.h"
#include "tests/core/analysis/tiny_study.h"

#include <gtest/gtest.h>

#include <cmath>

namespace featurescope {
namespace {

using testing::TinyStudy;

class CosinesTest : public ::testing::Test {
 protected:
  CosinesTest() { applyThreads({.threads = 1}); }
  /// As SAELens writes it; every third feature is dead.
  void saveFrequencies(std::int64_t features) const {
    at::Tensor frequencies = at::linspace(0.001, 0.5, features, at::kFloat);
    frequencies.slice(0, 0, features, 3).fill_(0);
    writeSafetensors(study_.sae / "sparsity.safetensors",
                     {{"sparsity", fromTorch((frequencies + 1e-10).log10())}});
  }

  TinyStudy study_;
};

TEST_F(CosinesTest, OfACheckpointAreThoseOfTheRowsAndTheirFrequencies) {
  saveFrequencies(TinyStudy::kFeatures);
  const CosinesReport report = cosinesOfCheckpoint(study_.sae, 0);
  const AutoencoderParameters weights = Autoencoder::load(study_.sae).parameters();
  for (const bool encoder : {false, true}) {
    const at::Tensor rows = (encoder ? weights.W_enc.t() : weights.W_dec).to(at::kDouble);
    at::Tensor mean = at::zeros({TinyStudy::config().width}, at::kDouble);
    for (std::int64_t f = 0; f < TinyStudy::kFeatures; f += 3) mean += rows[f];
    const auto& cosines = encoder ? report.encoder : report.decoder;
    ASSERT_EQ(std::ssize(cosines), TinyStudy::kFeatures);
    for (std::int64_t f = 0; f < TinyStudy::kFeatures; ++f) {
      const FeatureCosine& entry = cosines[static_cast<std::size_t>(f)];
      EXPECT_EQ(entry.feature.value, f);
      EXPECT_EQ(entry.dead, f % 3 == 0);
      const double expected = (rows[f].dot(mean) / (rows[f].norm() * mean.norm())).item<double>();
      EXPECT_NEAR(*entry.cosine, expected, 1e-9);
      const double frequency = 0.001 + 0.499 * static_cast<double>(f) / (TinyStudy::kFeatures - 1);
      EXPECT_NEAR(entry.density, f % 3 == 0 ? 0 : frequency, 1e-6);
    }
  }
  EXPECT_EQ(report.decoderDirection.dead.features, 16);
  EXPECT_EQ(report.decoderDirection.alive.features, 32);
}

TEST_F(CosinesTest, ARandomDictionarysDeadLieAtOneOverTheRootOfTheirNumber) {
  // In the mean of n random unit rows each has a share: its cosine to it is about 1/√n, that of
  // any other row about 0 with deviation 1/√d.
  saveFrequencies(TinyStudy::kFeatures);
  double dead = 0, alive = 0, deviation = 0;
  constexpr int kSeeds = 20;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto random =
        cosinesOfCheckpoint(study_.sae, static_cast<std::uint64_t>(seed)).randomDirection;
    ASSERT_TRUE(random.has_value());
    EXPECT_EQ(random->dead.features, 16);
    dead += random->dead.mean / kSeeds;
    alive += random->alive.mean / kSeeds;
    deviation += random->alive.deviation / kSeeds;
  }
  EXPECT_NEAR(dead, 1 / std::sqrt(16.0), 0.02);
  EXPECT_NEAR(alive, 0, 0.04);
  EXPECT_NEAR(deviation, 1 / std::sqrt(16.0), 0.03);
}

TEST_F(CosinesTest, ACheckpointWithoutASparsityFileIsAnError) {
  try {
    (void)cosinesOfCheckpoint(study_.sae, 0);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
  }
}

TEST_F(CosinesTest, FrequenciesOfAnotherSaeAreAnError) {
  saveFrequencies(TinyStudy::kFeatures + 1);
  EXPECT_THROW((void)cosinesOfCheckpoint(study_.sae, 0), UserError);
}

}  // namespace
}  // namespace featurescope

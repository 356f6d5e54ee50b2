// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reproduce/paper.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace featurescope::reproduction {

namespace {

constexpr const char* kTraining = "How We Train our Sparse Autoencoder";
constexpr const char* kTuning = "Fine-Tuning";
constexpr const char* kExploring = "Exploring a Sparse Autoencoder";
constexpr const char* kTuned = "Fine-Tuning with a Sparse Autoencoder";

constexpr std::array kSettings{
    PaperSetting{"model", "model", "Pythia 6.9B, deduplicated (32 layers of width 4096)",
                 kTraining},
    PaperSetting{"site", "site of the SAE", "MLP output of layer 1", kTraining},
    PaperSetting{"sae", "SAE",
                 "16384 features (4 times the width), trained on this model's layer 1", kTraining},
    PaperSetting{"text", "text to evaluate on", "WikiText-103", kExploring},
    PaperSetting{"tokens", "tokens to evaluate on",
                 "not stated (WikiText-103 has over 100 million)", kExploring},
    PaperSetting{"layer_tokens", "tokens of the losses by layer", "5 random batches", kExploring},
    PaperSetting{"wrong_layer", "a layer the SAE was not trained for", "31, the last", kExploring},
    PaperSetting{"train_text", "text of the training run", "an open replication of WebText",
                 kTraining},
    PaperSetting{"expansion", "features of the training run", "16384 (4 times the width)",
                 kTraining},
    PaperSetting{"train_batch", "tokens of a training step", "8 contexts of 128 tokens", kTraining},
    PaperSetting{"train_optimiser", "optimiser of the training run",
                 "Adam, learning rate 0.0001, beta 0.9 and 0.999", kTraining},
    PaperSetting{"l1_control", "control of the L1 coefficient",
                 "adjusted after 5000000 tokens, until a sparsity of 1%", kExploring},
    PaperSetting{"resampling", "resampling of dead features",
                 "every 10000 steps, of those inactive for 5000, to Kaiming uniform vectors",
                 kTraining},
    PaperSetting{"train_steps", "steps of the training run",
                 "not stated (a checkpoint every 20000)", kTraining},
    PaperSetting{"tune_model", "model to fine-tune", "Pythia 70M (6 layers of width 512)", kTuning},
    PaperSetting{"tune_site", "site of the fine-tuning",
                 "MLP output of layer 1 (Methods) or 4 (Results)", kTuning},
    PaperSetting{"tune_sae", "SAE of the fine-tuning",
                 "2048 features, trained on Pythia 70M Chess, another model", kTuning},
    PaperSetting{"tune_text", "text to fine-tune on", "EleutherAI/arithmetic", kTuning},
    PaperSetting{"tune_steps", "steps of the fine-tuning", "10 epochs of 200 steps", kTuning},
    PaperSetting{"tune_optimiser", "optimiser of the fine-tuning",
                 "AdamW, batch 8, learning rate 0.001, weight decay 0.01", kTuning},
};

constexpr const char* kLosses = "model site sae text tokens";
constexpr const char* kTrainingRun =
    "model site train_text expansion train_batch train_optimiser l1_control resampling "
    "train_steps";
constexpr const char* kTuningRun =
    "tune_model tune_site tune_sae tune_text tune_steps tune_optimiser";

constexpr std::array kNumbers{
    PaperNumber{"loss_base", "loss of the model as it is", "3.193", kExploring,
                "model text tokens"},
    PaperNumber{"loss_sae", "loss with the SAE in its layer", "3.201", kExploring, kLosses},
    PaperNumber{"loss_zero", "loss with zeros in its layer's place", "3.227", kExploring,
                "model site text tokens"},
    PaperNumber{"loss_mean", "loss with the mean activation in its place", "", kExploring,
                "model site text tokens"},
    PaperNumber{"loss_wrong", "loss with the SAE in a layer it was not trained for", "12.586",
                kExploring, "model wrong_layer sae text tokens"},
    PaperNumber{"recovered_zero", "share of the loss by zeros that the SAE recovers",
                "76% (of the three losses)", kExploring, kLosses},
    PaperNumber{"recovered_mean", "share of the loss by the mean that the SAE recovers", "",
                kExploring, kLosses},
    PaperNumber{"final_l0", "features active on a token, at the end of the training run",
                "around 100", kExploring, kTrainingRun},
    PaperNumber{"final_sparsity", "the same as a share of all features", "0.5%", kExploring,
                kTrainingRun},
    PaperNumber{"dead", "features dead on the text", "", kExploring, kLosses},
    PaperNumber{"dead_cosine", "mean cosine of dead features with their average", "high (figure)",
                kExploring, kLosses},
    PaperNumber{"alive_cosine", "mean cosine of the other features with it",
                "much closer to zero (figure)", kExploring, kLosses},
    PaperNumber{"second_feature", "second most frequent feature", "11928", kExploring, kLosses},
    PaperNumber{"second_token", "its most common token among its 15 strongest activations",
                "·the, 13 of 15", kExploring, kLosses},
    PaperNumber{"tune_loss_base", "loss of the model on the text to fine-tune on", "6.449", kTuned,
                "tune_model tune_text"},
    PaperNumber{"tune_loss_sae", "the same with the SAE", "6.270", kTuned,
                "tune_model tune_site tune_sae tune_text"},
    PaperNumber{"tune_loss_after", "the same after fine-tuning", "6.270", kTuned, kTuningRun},
    PaperNumber{"most_enhanced", "feature that is scaled up the most, and its top token",
                "1338, colons", kTuned, kTuningRun},
    PaperNumber{"most_inhibited", "feature that is scaled down the most, and its top token",
                "619, newlines", kTuned, kTuningRun},
    PaperNumber{"scales_inhibited", "share of features with an inhibiting scale", "2/3", kTuned,
                kTuningRun},
    PaperNumber{"biases_inhibiting", "share of features with an inhibiting bias",
                "approximately half", kTuned, kTuningRun},
};

constexpr std::array kItems{
    PaperItem{"layer-losses", "Loss with the SAE in each layer",
              "The paper's figure (Pythia 6.9B, the first eight layers): the red bar, the loss "
              "that the SAE adds, is hardly visible in layer 1, for which it was trained, and "
              "large elsewhere.",
              kExploring, "model site sae text layer_tokens"},
    PaperItem{"sparsity", "Sparsity while training",
              "The paper's curve settles at around 100 active features of 16384 a token, which it "
              "gives as 0.5%.",
              kExploring, kTrainingRun},
    PaperItem{"l1-coeff", "L1 coefficient while training",
              "The paper's curve is constant for the first five million tokens, is then adjusted "
              "until the sparsity is 1%, and constant from there.",
              kExploring, kTrainingRun},
    PaperItem{"l1-loss", "L1 loss while training",
              "The paper's curve rises while the coefficient is adjusted and falls afterwards.",
              kExploring, kTrainingRun},
    PaperItem{"recon-loss", "Reconstruction loss while training",
              "The paper's curve rises while the coefficient is adjusted and slowly falls "
              "afterwards.",
              kExploring, kTrainingRun},
    PaperItem{"second-feature", "The second most frequent feature",
              "The paper's table: feature 11928 fires most strongly on ·the, in 13 of its 15 "
              "rows; once each on ·of and ·and.",
              kExploring, kLosses},
    PaperItem{"cosines", "Cosine to the average dead feature",
              "The paper's histogram: almost all dead features (red) have a high cosine, the "
              "others (blue) lie much closer to zero.",
              kExploring, kLosses},
    PaperItem{"finetune-loss", "Loss while fine-tuning",
              "The paper's curve hardly falls: 6.270 with the SAE, before and after.", kTuning,
              kTuningRun},
    PaperItem{"biases", "Learned biases, sorted",
              "The paper's curve (2048 features): most are hardly affected, a few at both ends "
              "are; approximately half of them are inhibited.",
              kTuned, kTuningRun},
    PaperItem{"scales", "Learned scales, sorted",
              "The paper's curve (2048 features): a few at both ends are changed much; 2/3 are "
              "inhibited.",
              kTuned, kTuningRun},
    PaperItem{"most-enhanced", "The most enhanced feature, before and after",
              "The paper's table: feature 1338 fires on colons, which stand twice in every line "
              "of the text, and slightly more strongly after fine-tuning in every row.",
              kTuned, kTuningRun},
    PaperItem{"most-inhibited", "The most inhibited feature, before and after",
              "The paper's text: feature 619 fires on newlines. It shows no table of it.", kTuned,
              kTuningRun},
    PaperItem{"changed-features", "Most enhanced and most inhibited features",
              "The paper names the first of each: 1338 and 619.", kTuned, kTuningRun},
};

template <class Entries>
const typename Entries::value_type& entryOf(const Entries& entries, std::string_view id) {
  const auto found =
      std::ranges::find_if(entries, [id](const auto& entry) { return entry.id == id; });
  if (found == entries.end()) throw std::out_of_range("the paper has no " + std::string(id));
  return *found;
}

}  // namespace

std::span<const PaperSetting> paperSettings() { return kSettings; }
std::span<const PaperNumber> paperNumbers() { return kNumbers; }
std::span<const PaperItem> paperItems() { return kItems; }

const PaperSetting& paperSetting(std::string_view id) { return entryOf(kSettings, id); }
const PaperItem& paperItem(std::string_view id) { return entryOf(kItems, id); }

}  // namespace featurescope::reproduction

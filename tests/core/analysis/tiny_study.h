// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/text/byte_alphabet.h"
#include "core/text/utf8.h"
#include "tests/support/tiny_model.h"

#include <filesystem>
#include <string>

namespace featurescope::testing {

/// A random GPT-NeoX with a tokenizer of single bytes (id = byte, 256 = <|endoftext|>), a random
/// SAE for its layer 1 and two texts, as files in a folder of their own.
struct TinyStudy {
  static constexpr std::int64_t kFeatures = 48;
  static constexpr ModelShape kShape{.layers = 3,
                                     .width = 16,
                                     .heads = 2,
                                     .innerWidth = 40,
                                     .vocabulary = 260,
                                     .maxPositions = 64};
  const std::string firstText =
      "The cat sat · on 12 mats.\nÉté → 猫 sleeps, and so do we all tonight.\n";
  const std::string secondText =
      "Score: 1-0\n1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7\n";

  TemporaryFolder folder;
  std::filesystem::path model = folder.path() / "model";
  std::filesystem::path sae = folder.path() / "sae";
  std::filesystem::path run = folder.path() / "run";
  std::vector<std::filesystem::path> texts{folder.path() / "first.txt",
                                           folder.path() / "second.txt"};
  at::Tensor scale, bias;  ///< c and d of the fine-tuning in `run`

  TinyStudy() {
    saveLanguageModel(model, randomModel(kShape, 3), at::kFloat);
    saveTokenizer();
    saveSae();
    saveRun();
    writeFile(texts[0], firstText);
    writeFile(texts[1], secondText);
  }

  static NeoxConfig config() { return configOf(kShape); }

 private:
  void saveTokenizer() const {
    Json vocabulary = Json::object();
    for (int byte = 0; byte < 256; ++byte) {
      std::string symbol;
      appendUtf8(symbol, byteSymbol(static_cast<std::uint8_t>(byte)));
      vocabulary[symbol] = byte;
    }
    const Json endOfText{{"id", 256},          {"content", "<|endoftext|>"},
                         {"special", true},    {"single_word", false},
                         {"lstrip", false},    {"rstrip", false},
                         {"normalized", false}};
    const Json byteLevel{
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
    writeJson(model / "tokenizer.json",
              {{"version", "1.0"},
               {"added_tokens", Json::array({endOfText})},
               {"normalizer", nullptr},
               {"pre_tokenizer", byteLevel},
               {"post_processor", nullptr},
               {"decoder", byteLevel},
               {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}});
  }

  void saveSae() const {
    AutoencoderParameters parameters = randomAutoencoder(config().width, kFeatures, 5);
    // Scaled to the small values of a fresh model; every fourth feature is kept from ever
    // activating.
    parameters.b_enc = at::full({kFeatures}, -0.003, at::kFloat);
    parameters.b_enc.slice(0, 0, kFeatures, 4).fill_(-100);
    parameters.b_dec = at::linspace(-0.01, 0.01, config().width, at::kFloat);
    saveSaeLens(sae, parameters, {.modelName = "tiny", .hookName = "", .context = 16, .extra = {}});
  }

  void saveRun() {
    scale = at::linspace(-0.5, 2, kFeatures, at::kFloat);
    bias = at::linspace(0.01, -0.01, kFeatures, at::kFloat);
    std::filesystem::create_directory(run);
    writeSafetensors(run / "scales.safetensors", {{"c", fromTorch(scale)}, {"d", fromTorch(bias)}});
  }
};

}  // namespace featurescope::testing

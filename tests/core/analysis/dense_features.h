// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/core/analysis/tiny_study.h"

#include <cstdint>
#include <string>
#include <vector>

namespace featurescope::testing {

inline const Site kSite{Layer{1}, SiteKind::MlpOut};

using Sequences = std::vector<std::vector<std::int64_t>>;

inline std::vector<std::int64_t> bytesOf(const std::string& text) {
  std::vector<std::int64_t> ids;
  for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  return ids;
}

/// Packing by its definition: the documents with one <|endoftext|> between, cut, remainder dropped.
inline Sequences packed(const TinyStudy& study, std::size_t context) {
  std::vector<std::int64_t> stream = bytesOf(study.firstText);
  stream.push_back(256);
  for (const std::int64_t id : bytesOf(study.secondText)) stream.push_back(id);
  Sequences sequences;
  for (std::size_t start = 0; start + context <= stream.size(); start += context) {
    sequences.emplace_back(stream.begin() + static_cast<long>(start),
                           stream.begin() + static_cast<long>(start + context));
  }
  return sequences;
}

/// z of every token, [tokens, M] in double, from the formula.
inline at::Tensor densePreActivations(const TinyStudy& study, const Sequences& sequences) {
  const LanguageModel model = LanguageModel::open(study.model, {});
  const AutoencoderParameters p = Autoencoder::load(study.sae).parameters();
  std::vector<at::Tensor> rows;
  for (const auto& sequence : sequences) {
    const at::Tensor tokens = at::tensor(sequence, at::kLong).unsqueeze(0);
    rows.push_back(model.activations(tokens, kSite).squeeze(0).to(at::kDouble));
  }
  const at::Tensor x = at::cat(rows, 0);
  return (x - p.b_dec.to(at::kDouble)).mm(p.W_enc.to(at::kDouble)) + p.b_enc.to(at::kDouble);
}

/// f of every token.
inline at::Tensor denseFeatures(const TinyStudy& study, const Sequences& sequences) {
  return at::relu(densePreActivations(study, sequences));
}

}  // namespace featurescope::testing

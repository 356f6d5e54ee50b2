// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"
#include "core/lm/model_folder.h"

namespace featurescope {

/// The weights that `options.upTo` needs, checked against the config, finite, contiguous, in the
/// wanted dtype on the wanted device. Where nothing has to be converted they are the mapped file;
/// so are all matrices where options.storage has them Stored.
/// Throws UserError{NotFound, ShapeMismatch, NotFinite, BadFile}.
[[nodiscard]] NeoxWeights readWeights(const ModelFolder& folder,
                                      const LanguageModel::Options& options);

/// The two weights between the last hidden state and the logits but the norm's bias, read without
/// any other (of tied embeddings, embed_in is embedOut). Options and errors as above.
struct Unembedding {
  at::Tensor finalNormWeight;  ///< [d_model]
  at::Tensor embedOut;         ///< [vocabulary, d_model]
};
[[nodiscard]] Unembedding readUnembedding(const ModelFolder& folder,
                                          const LanguageModel::Options& options);

}  // namespace featurescope

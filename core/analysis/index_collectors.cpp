// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/index_collectors_torch.h"

namespace featurescope {

IndexCollectors::IndexCollectors(const Shape& shape, const IndexDetail& detail)
    : statistics_(shape.features),
      histogram_(shape.features),
      top_(shape.features, detail.top),
      sample_(shape.features, detail.drawn(), shape.seed),
      tokenSample_(detail.nearMisses > 0 ? kNearMissTokens : 0, shape.seed),
      tokens_(shape.features, shape.vocabulary, shape.folder),
      coActivations_(shape.features, shape.folder, detail.coActivationLimits()),
      columns_(shape.features, {},
               [this](const FeatureColumns& columns) { tokens_.add(columns); }) {
  if (shape.fineTuned) {
    fineTuned_ = FineTuned{FeatureStatistics(shape.features), ActivationHistogram(shape.features)};
  }
}

void IndexCollectors::add(const at::Tensor& x, const SparseCode& code,
                          std::span<const TokenId> tokens) {
  const Position first = statistics_.tokens();
  statistics_.add(code);
  histogram_.add(code);
  top_.add(code, first);
  sample_.add(code, first);
  tokenSample_.add(x, code, first);
  coActivations_.add(code);
  columns_.add(code, tokens);
}

void IndexCollectors::addFineTuned(const SparseCode& code) {
  fineTuned_->statistics.add(code);
  fineTuned_->histogram.add(code);
}

}  // namespace featurescope

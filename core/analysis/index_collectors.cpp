// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/index_collectors_torch.h"

namespace featurescope {

IndexCollectors::IndexCollectors(const Shape& shape, const IndexDetail& detail)
    : statistics_(shape.features),
      histogram_(shape.features),
      top_(shape.features, detail.top),
      sample_(shape.features, detail.drawn(), shape.seed),
      tokenSample_(detail.nearMisses > 0 ? kNearMissTokens : 0, shape.seed),
      featureTokens_(shape.features, shape.vocabulary, shape.folder),
      coActivations_(shape.features, shape.folder, detail.coActivationLimits()),
      columns_(shape.features, {}, [this](const CodeByFeature& columns) {
        statistics_.add(columns);
        histogram_.add(columns);
        top_.add(columns);
        sample_.add(columns);
        featureTokens_.add(columns);
      }) {
  if (!shape.fineTuned) return;
  fineTuned_ = FineTuned{FeatureStatistics(shape.features), ActivationHistogram(shape.features)};
  fineTunedColumns_.emplace(shape.features, ColumnStream::Limits{},
                            [this](const CodeByFeature& columns) {
                              fineTuned_->statistics.add(columns);
                              fineTuned_->histogram.add(columns);
                            });
}

void IndexCollectors::add(const at::Tensor& x, const SparseCode& code,
                          std::span<const TokenId> tokens) {
  tokenSample_.add(x, code, tokens_);
  coActivations_.add(code);
  columns_.add(code, tokens);
  tokens_ += code.rows();
  activations_ += code.nonZeros();
}

void IndexCollectors::addFineTuned(const SparseCode& code, std::span<const TokenId> tokens) {
  fineTunedColumns_->add(code, tokens);
}

void IndexCollectors::finish() {
  columns_.finish();
  if (fineTunedColumns_) fineTunedColumns_->finish();
}

double IndexCollectors::l0() const {
  return tokens_ == 0 ? 0 : static_cast<double>(activations_) / static_cast<double>(tokens_);
}

}  // namespace featurescope

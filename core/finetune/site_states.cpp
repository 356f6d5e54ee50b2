// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/finetune/site_states_torch.h"
#include "core/sae/finite_torch.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// Records that run through the model together, neighbours in their order: however few of them are
/// wanted, so that products have the same shapes each time.
constexpr std::ptrdiff_t kGroup = 16;

at::Tensor realRowsOf(const TokenBatch& batch) {
  at::Tensor rows = at::empty({batch.counted()}, at::kLong);
  auto* out = rows.mutable_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    const std::int64_t length = batch.lengths[static_cast<std::size_t>(row)];
    for (std::int64_t i = 0; i < length; ++i) *out++ = row * batch.length + i;
  }
  return rows;
}

at::Tensor finite(at::Tensor x, const Site& site) {
  if (allFinite(x)) return x;
  throw UserError(ErrorCode::NotFinite, "cannot fine-tune at " + site.moduleName(),
                  "the model computed a value there that is not a finite number",
                  "try --dtype float32");
}

SiteBatch emptyBatch(const LanguageModel& model, const Site& site, const TokenBatch& batch) {
  SiteBatch result;
  result.tokens = toTorch(batch, model);
  result.realRows = realRowsOf(batch).to(model.device());
  result.prefix.site = site;
  return result;
}

}  // namespace

at::Tensor SiteBatch::valueOf(const at::Tensor& output) const {
  const at::Tensor& like = prefix.value;
  return at::zeros_like(like)
      .flatten(0, 1)
      .index_copy_(0, realRows, output.to(like.scalar_type()))
      .view(like.sizes());
}

SiteStates::SiteStates(const LanguageModel& model, const Records& texts,
                       const std::vector<RecordId>& records, Options options)
    : model_(model), texts_(texts), records_(records), options_(std::move(options)) {}

SiteBatch SiteStates::compute(const LanguageModel& model, const Site& site,
                              const TokenBatch& batch) {
  SiteBatch result = emptyBatch(model, site, batch);
  result.prefix = model.forwardTo(result.tokens, site);
  model.finishBlock(result.prefix);
  result.x = finite(
      result.prefix.value.flatten(0, 1).index_select(0, result.realRows).to(at::kFloat), site);
  return result;
}

SiteBatch SiteStates::batch(std::span<const RecordId> records, const JobContext& job) {
  std::vector<at::Tensor> states;
  states.reserve(records.size());
  for (const RecordId record : records) {
    job.throwIfStopped();
    states.push_back(stateOf(record));
  }
  const TokenBatch tokens = texts_.batch(records);
  SiteBatch result = emptyBatch(model_, options_.site, tokens);
  const at::Tensor rows = at::cat(states);
  const std::int64_t width = options_.site.width(model_.config()), rest = rows.size(1) - width;
  const auto padded = [&](const at::Tensor& values) {
    at::Tensor all = at::zeros({tokens.rows() * tokens.length, values.size(1)}, values.options());
    return all.index_copy_(0, result.realRows, values)
        .view({tokens.rows(), tokens.length, values.size(1)});
  };
  const at::Tensor value = rows.narrow(1, 0, width);
  result.x = value.to(at::kFloat).contiguous();
  result.prefix.value = padded(value);
  if (rest > 0) result.prefix.partial = padded(rows.narrow(1, width, rest));
  return result;
}

at::Tensor SiteStates::stateOf(RecordId record) {
  const auto find = [&]() -> at::Tensor {
    if (const auto found = inMemory_.find(record); found != inMemory_.end()) return found->second;
    const auto found = inOverflow_.find(record);
    if (found == inOverflow_.end()) return {};
    const std::int64_t perToken =
        options_.site.width(model_.config()) +
        (options_.site.kind == SiteKind::Resid ? 0 : model_.config().width);
    at::Tensor state = at::empty({texts_.length(record), perToken}, model_.dtype());
    overflow_->read(found->second, std::span(static_cast<std::byte*>(state.mutable_data_ptr()),
                                             static_cast<std::size_t>(state.nbytes())));
    return state.to(model_.device());
  };
  if (at::Tensor kept = find(); kept.defined()) return kept;
  computeGroupOf(record);
  return find();
}

void SiteStates::computeGroupOf(RecordId record) {
  const auto at = std::ranges::lower_bound(records_, record) - records_.begin();
  const auto first = records_.begin() + at / kGroup * kGroup;
  const auto end = first + std::min(kGroup, records_.end() - first);
  const SiteBatch group = compute(model_, options_.site, texts_.batch(std::span(first, end)));
  at::Tensor states = group.prefix.value;
  if (group.prefix.partial.defined()) states = at::cat({states, group.prefix.partial}, 2);
  for (auto member = first; member != end; ++member) {
    keep(*member, states[member - first].narrow(0, 0, texts_.length(*member)).clone());
  }
}

void SiteStates::keep(RecordId record, at::Tensor state) {
  const auto bytes = static_cast<std::int64_t>(state.nbytes());
  if (keptBytes_ + bytes <= options_.cacheBytes) {
    keptBytes_ += bytes;
    inMemory_.emplace(record, std::move(state));
    return;
  }
  if (!overflow_) overflow_.emplace(options_.overflowFolder);
  const at::Tensor onCpu = state.to(at::kCPU).contiguous();
  inOverflow_.emplace(record, overflow_->size());
  overflow_->append(std::span(static_cast<const std::byte*>(onCpu.const_data_ptr()),
                              static_cast<std::size_t>(bytes)));
}

}  // namespace featurescope

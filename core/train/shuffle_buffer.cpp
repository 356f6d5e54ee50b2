// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/saved_rows_torch.h"
#include "core/train/shuffle_buffer_torch.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <numeric>
#include <utility>

namespace featurescope {

namespace {

at::Tensor numbers(const std::vector<std::int64_t>& values, const at::Tensor& where) {
  return at::tensor(values, at::kLong).to(where.device());
}

}  // namespace

ShuffleBuffer::ShuffleBuffer(NextRows nextRows, std::int64_t capacity, std::int64_t wanted,
                             RandomStream random, const at::Tensor& like)
    : nextRows_(std::move(nextRows)),
      capacity_(std::min(capacity, wanted)),
      wanted_(wanted),
      unread_(wanted),
      random_(random),
      rows_(at::empty({capacity_, like.size(1)}, like.options())),
      spare_(like) {}

// What may throw comes before the draw, so that an interrupted buffer can be saved.
at::Tensor ShuffleBuffer::take(std::int64_t count, const JobContext& job) {
  readAhead(count, job);
  if (needsFilling(count)) fillUp(job);
  assert(drawable_ >= count);
  const std::vector<std::int64_t> places = drawPlaces(count);
  at::Tensor taken = rows_.index_select(0, numbers(places, rows_));
  closeGaps(places);
  drawable_ -= count;
  return taken;
}

at::Tensor ShuffleBuffer::sample(std::int64_t count, const JobContext& job) {
  if (needsFilling(1)) fillUp(job);
  const std::int64_t taken = std::min(count, drawable_);
  const std::int64_t apart = drawable_ / taken;
  return rows_.slice(0, firstDrawable(), firstDrawable() + taken * apart, apart).clone();
}

/// Reads into the places that the last batch left.
void ShuffleBuffer::readAhead(std::int64_t count, const JobContext& job) {
  if (drawable_ == 0) return;
  while (count > 0 && free() > 0 && unread_ > 0) count -= readOnce(job);
}

bool ShuffleBuffer::needsFilling(std::int64_t count) const {
  const bool isHalfUsed = drawable_ <= capacity_ / 2;
  return (isHalfUsed || drawable_ < count) && incoming_ + unread_ > 0;
}

void ShuffleBuffer::fillUp(const JobContext& job) {
  const bool isFirst = wanted_ - unread_ == incoming_;
  while (free() > 0 && unread_ > 0) {
    readOnce(job);
    if (!isFirst) continue;
    job.progress.update({.stage = "filling the shuffle buffer",
                         .done = static_cast<std::uint64_t>(incoming_),
                         .total = static_cast<std::uint64_t>(capacity_),
                         .unit = "tokens",
                         .detail = {}});
  }
  admitIncoming();
}

/// Returns how many rows it read.
std::int64_t ShuffleBuffer::readOnce(const JobContext& job) {
  if (spare_.size(0) == 0) spare_ = nextRows_(job);
  const std::int64_t kept = std::min({spare_.size(0), free(), unread_});
  rows_.narrow(0, incoming_, kept).copy_(spare_.narrow(0, 0, kept));
  spare_ = spare_.narrow(0, kept, spare_.size(0) - kept);
  incoming_ += kept;
  unread_ -= kept;
  return kept;
}

void ShuffleBuffer::admitIncoming() {
  // The stream's last rows leave a gap; in steps of its size nothing is written over.
  const std::int64_t gap = free();
  for (std::int64_t left = incoming_; gap > 0 && left > 0;) {
    const std::int64_t moved = std::min(gap, left);
    left -= moved;
    rows_.narrow(0, left + gap, moved).copy_(rows_.narrow(0, left, moved));
  }
  drawable_ += std::exchange(incoming_, 0);
}

/// `count` different drawable places, every choice and order equally likely.
std::vector<std::int64_t> ShuffleBuffer::drawPlaces(std::int64_t count) {
  places_.resize(static_cast<std::size_t>(drawable_));
  std::iota(places_.begin(), places_.end(), firstDrawable());
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::swap(places_[i], places_[i + random_.below(places_.size() - i)]);
  }
  return {places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Moves rows from the first drawable places, which fall free, into the others that were drawn.
void ShuffleBuffer::closeGaps(const std::vector<std::int64_t>& drawn) {
  const std::int64_t begin = firstDrawable();
  const auto count = static_cast<std::int64_t>(drawn.size());
  std::vector<bool> isDrawn(drawn.size(), false);  // of the first places
  std::vector<std::int64_t> gaps, moved;
  gaps.reserve(drawn.size());
  moved.reserve(drawn.size());
  for (const std::int64_t place : drawn) {
    if (place < begin + count) {
      isDrawn[static_cast<std::size_t>(place - begin)] = true;
    } else {
      gaps.push_back(place);
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    if (!isDrawn[static_cast<std::size_t>(i)]) moved.push_back(begin + i);
  }
  rows_.index_copy_(0, numbers(gaps, rows_), rows_.index_select(0, numbers(moved, rows_)));
}

SavedState ShuffleBuffer::save() const {
  SavedState state;
  state.set("random", random_);
  state.values["capacity"] = capacity_;
  state.values["wanted"] = wanted_;
  state.values["unread"] = unread_;
  state.tensors["incoming"] = rows_.narrow(0, 0, incoming_);
  state.tensors["drawable"] = rows_.narrow(0, firstDrawable(), drawable_);
  state.tensors["spare"] = spare_;
  return state;
}

void ShuffleBuffer::restore(const SavedState& state) {
  const std::int64_t width = rows_.size(1);
  const RandomStream random = state.randomStream("random");
  const auto unread = state.value<std::int64_t>("unread");
  const at::Tensor incoming = savedRows(state, "incoming", width);
  const at::Tensor drawable = savedRows(state, "drawable", width);
  const at::Tensor spare = savedRows(state, "spare", width);
  const std::int64_t held = incoming.size(0) + drawable.size(0);
  if (state.value<std::int64_t>("capacity") != capacity_ ||
      state.value<std::int64_t>("wanted") != wanted_ || unread < 0 || held > capacity_ ||
      held + unread > wanted_) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                    "its shuffle buffer is that of another run");
  }
  random_ = random;
  unread_ = unread;
  incoming_ = incoming.size(0);
  drawable_ = drawable.size(0);
  rows_.narrow(0, 0, incoming_).copy_(incoming);
  rows_.narrow(0, firstDrawable(), drawable_).copy_(drawable);
  spare_ = spare.to(rows_.options(), false, /*copy=*/true);
}

}  // namespace featurescope

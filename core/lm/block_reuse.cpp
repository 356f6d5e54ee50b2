// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/block_reuse.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unordered_map>

namespace featurescope {

namespace {

constexpr std::size_t kSmallest = std::size_t{1} << 20;
constexpr std::size_t kMostWaiting = std::size_t{128} << 20;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
/// Sizes are rounded up to this, so that batches of slightly different lengths share blocks.
constexpr std::size_t kGranule = std::size_t{64} << 10;

/// A block may serve a request that leaves a quarter of it unused.
constexpr std::size_t mostFor(std::size_t size) { return size + size / 4; }

constexpr std::size_t roundedUp(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

/// `size` bytes that begin with a huge page, or null.
void* mapBlock(std::size_t size) {
  const std::size_t span = size + kHugePage;
  void* const mapped =
      ::mmap(nullptr, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const first = static_cast<char*>(mapped);
  const auto address = reinterpret_cast<std::uintptr_t>(mapped);
  const std::size_t before = roundedUp(address, kHugePage) - address;
  if (before > 0) ::munmap(first, before);
  if (before < kHugePage) ::munmap(first + before + size, kHugePage - before);
  ::madvise(first + before, size, MADV_HUGEPAGE);
  return first + before;
}

class ReusingAllocator final : public c10::Allocator {
 public:
  explicit ReusingAllocator(c10::Allocator& under) : under_(under) {}

  c10::DataPtr allocate(std::size_t size) override {
    void* const block = size < kSmallest ? nullptr : take(roundedUp(size, kGranule));
    if (block == nullptr) return under_.allocate(size);
    return {block, block, &giveBack, at::Device(at::kCPU)};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &giveBack; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

  void begin() {
    const std::scoped_lock lock(mutex_);
    ++users_;
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    if (--users_ == 0) keepAtMost(0);
  }

 private:
  struct Waiting {
    std::size_t size = 0;
    void* block = nullptr;
  };
  using BySize = std::multimap<std::size_t, std::uint64_t>;  ///< size → key in waiting_

  /// Null where nobody reuses blocks, or the system has none.
  void* take(std::size_t size) {
    const std::scoped_lock lock(mutex_);
    if (users_ == 0) return nullptr;
    const auto found = bySize_.lower_bound(size);
    void* block = nullptr;
    if (found != bySize_.end() && found->first <= mostFor(size)) {
      size = found->first;
      block = forget(waiting_.find(found->second), found).block;
    } else {
      block = mapBlock(size);
    }
    if (block != nullptr) inUse_.emplace(block, size);
    return block;
  }

  static void giveBack(void* block);

  /// Of a block from allocate() or, by way of raw_deleter(), of LibTorch's own allocator.
  void release(void* block) {
    const std::scoped_lock lock(mutex_);
    const auto found = inUse_.find(block);
    if (found == inUse_.end()) {
      under_.raw_deleter()(block);
      return;
    }
    const std::size_t size = found->second;
    inUse_.erase(found);
    bySize_.emplace(size, nextKey_);
    waiting_.emplace(nextKey_++, Waiting{size, block});
    waitingBytes_ += size;
    keepAtMost(users_ > 0 ? kMostWaiting : 0);
  }

  /// What has waited longest goes.
  void keepAtMost(std::size_t bytes) {
    while (waitingBytes_ > bytes) {
      const auto oldest = waiting_.begin();
      auto [place, end] = bySize_.equal_range(oldest->second.size);
      while (place != end && place->second != oldest->first) ++place;
      const Waiting gone = forget(oldest, place);
      ::munmap(gone.block, gone.size);
    }
  }

  Waiting forget(std::map<std::uint64_t, Waiting>::iterator waiting, BySize::iterator place) {
    const Waiting taken = waiting->second;
    waitingBytes_ -= taken.size;
    waiting_.erase(waiting);
    bySize_.erase(place);
    return taken;
  }

  c10::Allocator& under_;
  std::mutex mutex_;
  int users_ = 0;
  std::unordered_map<void*, std::size_t> inUse_;
  std::map<std::uint64_t, Waiting> waiting_;  ///< in the order of their release
  BySize bySize_;
  std::uint64_t nextKey_ = 0;
  std::size_t waitingBytes_ = 0;
};

/// For the whole process and never destroyed: tensors in static variables outlive everything.
ReusingAllocator& reusingAllocator() {
  static ReusingAllocator& allocator = *[] {
    auto* const made = new ReusingAllocator(*c10::GetDefaultCPUAllocator());
    c10::SetCPUAllocator(made, /*priority=*/1);
    return made;
  }();
  return allocator;
}

void ReusingAllocator::giveBack(void* block) { reusingAllocator().release(block); }

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
// Memory that is never freed is memory whose misuse nobody sees.
BlockReuse::BlockReuse() = default;
BlockReuse::~BlockReuse() = default;
#else
BlockReuse::BlockReuse() { reusingAllocator().begin(); }
BlockReuse::~BlockReuse() { reusingAllocator().end(); }
#endif

}  // namespace featurescope

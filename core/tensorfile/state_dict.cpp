// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/state_dict.h"

#include "core/base/error.h"
#include "core/base/numbers.h"
#include "core/tensorfile/torch_globals.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

using pickle::Ref;

/// Well-formed UTF-8 (RFC 3629): names and texts go into JSON and onto the screen.
bool isUtf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80                     ? 1
                               : first >= 0xC2 && first <= 0xDF ? 2
                               : first >= 0xE0 && first <= 0xEF ? 3
                               : first >= 0xF0 && first <= 0xF4 ? 4
                                                                : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

/// Text, number or truth value as text; nothing for everything else.
std::optional<std::string> scalarText(const pickle::Heap& heap, Ref ref) {
  if (const auto* text = heap.get<pickle::Text>(ref)) {
    return isUtf8(text->text) ? std::optional(std::string(text->text)) : std::nullopt;
  }
  if (const auto* integer = heap.get<std::int64_t>(ref)) return std::to_string(*integer);
  if (const auto* number = heap.get<double>(ref)) return shortest(*number);
  if (const auto* truth = heap.get<bool>(ref)) return *truth ? "true" : "false";
  if (const auto* global = heap.get<const TorchGlobal*>(ref)) {
    return fmt::format("{}.{}", (*global)->module, (*global)->name);
  }
  return std::nullopt;
}

class Flattener {
 public:
  Flattener(const Unpickled& unpickled, const std::string& what)
      : heap_(unpickled.heap), what_(what) {
    const bool onlyTensor = heap_.get<pickle::TensorView>(unpickled.root) != nullptr;
    waiting_.push_back({unpickled.root, onlyTensor ? "tensor" : "", 0});
  }

  StateDict run() {
    while (!waiting_.empty()) {
      const Place place = std::move(waiting_.back());
      waiting_.pop_back();
      visit(place);
    }
    return std::move(result_);
  }

 private:
  struct Place {
    Ref ref;
    std::string name;
    int depth;
  };

  [[noreturn]] void fail(std::string why) const {
    throw UserError(ErrorCode::BadFile, what_, std::move(why));
  }

  void visit(const Place& place) {
    if (const auto* view = heap_.get<pickle::TensorView>(place.ref)) {
      if (!result_.tensors.emplace(place.name, view->index).second) failTwice(place.name);
    } else if (const auto* dict = heap_.get<pickle::Dict>(place.ref)) {
      visitDict(*dict, place);
    } else if (const auto* list = heap_.get<pickle::List>(place.ref)) {
      visitItems(list->items, place);
    } else if (const auto* tuple = heap_.get<pickle::Tuple>(place.ref)) {
      visitItems(tuple->items, place);
    } else if (auto text = charged(place.ref)) {
      if (!result_.texts.emplace(place.name, *std::move(text)).second) failTwice(place.name);
    }
  }

  /// The scalar's text, paid for before it is looked at: a text that is none takes time too.
  std::optional<std::string> charged(Ref ref) {
    if (const auto* text = heap_.get<pickle::Text>(ref)) charge(text->text.size());
    return scalarText(heap_, ref);
  }

  [[noreturn]] void failTwice(const std::string& name) const {
    fail(fmt::format("two of its values have the name {}", name));
  }

  void visitDict(const pickle::Dict& dict, const Place& place) {
    std::map<std::string, Ref> latest;
    for (const auto& [key, value] : dict.items) {
      auto text = charged(key);
      if (!text) fail(fmt::format("a key of its dict {} is neither text nor a number", place.name));
      latest[*std::move(text)] = value;
    }
    for (const auto& [key, value] : latest) enter(place, key, value);
  }

  void visitItems(const std::vector<Ref>& items, const Place& place) {
    for (std::size_t i = 0; i < items.size(); ++i) enter(place, std::to_string(i), items[i]);
  }

  void enter(const Place& place, const std::string& key, Ref value) {
    constexpr int kDeepest = 64;
    if (place.depth >= kDeepest) fail("its values are nested too deeply, or contain themselves");
    charge(place.name.size() + key.size());
    waiting_.push_back({value, place.name.empty() ? key : place.name + "." + key, place.depth + 1});
  }

  /// Values that are shared again and again make a small pickle endless when it is written out.
  void charge(std::size_t characters) {
    constexpr std::size_t kOverhead = 64;
    constexpr std::size_t kMost = std::size_t{256} << 20;
    charged_ += characters + kOverhead;
    if (charged_ > kMost) fail("it holds more names than a state dict would");
  }

  const pickle::Heap& heap_;
  const std::string& what_;
  std::vector<Place> waiting_;
  std::size_t charged_ = 0;
  StateDict result_;
};

}  // namespace

StateDict flattenStateDict(const Unpickled& unpickled, const std::string& what) {
  return Flattener(unpickled, what).run();
}

}  // namespace featurescope

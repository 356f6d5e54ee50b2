// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/nfc.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <memory>
#include <utf8proc.h>
#include <vector>

namespace featurescope {

namespace {

constexpr char32_t kCodePoints = 0x110000;
/// Every code point below is its own NFC and joins with no earlier one.
constexpr char32_t kFirstUnstable = 0x300;
/// The lead byte of kFirstUnstable in UTF-8.
constexpr unsigned char kFirstUnstableLead = 0xCC;

constexpr auto kDecompose = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
constexpr auto kCompose = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);

/// Appends the full canonical decomposition of one code point, in its own order.
void appendDecomposed(std::vector<utf8proc_int32_t>& out, char32_t codePoint) {
  constexpr std::size_t kLongest = 8;  // canonical decompositions have at most 4
  std::array<utf8proc_int32_t, kLongest> parts{};
  int boundClass = 0;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(codePoint), parts.data(),
                                             parts.size(), kDecompose, &boundClass);
  out.insert(out.end(), parts.begin(), parts.begin() + std::clamp<long>(count, 0, kLongest));
}

int combiningClass(utf8proc_int32_t codePoint) {
  return utf8proc_get_property(codePoint)->combining_class;
}

/// Canonical order, then composition, in place.
void orderAndCompose(std::vector<utf8proc_int32_t>& codePoints) {
  for (auto begin = codePoints.begin(); begin != codePoints.end();) {
    const auto isStarter = [](utf8proc_int32_t c) { return combiningClass(c) == 0; };
    begin = std::find_if_not(begin, codePoints.end(), isStarter);
    const auto end = std::find_if(begin, codePoints.end(), isStarter);
    std::stable_sort(begin, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combiningClass(a) < combiningClass(b);
    });
    begin = end;
  }
  const auto length = utf8proc_normalize_utf32(
      codePoints.data(), static_cast<utf8proc_ssize_t>(codePoints.size()), kCompose);
  codePoints.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 0)));
}

/// The code points that normalization may change, move, or join with what stands before them.
/// All others are both kept and a wall between what stands before and after them.
class UnstableCodePoints {
 public:
  UnstableCodePoints() : unstable_(std::make_unique<std::bitset<kCodePoints>>()) {
    std::vector<utf8proc_int32_t> parts;
    for (char32_t c = kFirstUnstable; c < kCodePoints; ++c) {
      const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
      if (property->combining_class != 0) unstable_->set(c);
      if (property->decomp_seqindex == UINT16_MAX || property->decomp_type != 0) continue;
      parts.clear();
      appendDecomposed(parts, c);
      // The last part joins with an earlier character: mostly a mark, sometimes a vowel sign.
      if (parts.size() > 1) unstable_->set(static_cast<std::size_t>(parts.back()));
      orderAndCompose(parts);
      if (parts.size() != 1 || parts.front() != static_cast<utf8proc_int32_t>(c)) unstable_->set(c);
    }
    // Hangul vowels and final consonants join by rule, not by table.
    for (char32_t c = 0x1161; c <= 0x1175; ++c) unstable_->set(c);
    for (char32_t c = 0x11A8; c <= 0x11C2; ++c) unstable_->set(c);
  }

  [[nodiscard]] bool contains(char32_t codePoint) const { return unstable_->test(codePoint); }

 private:
  std::unique_ptr<std::bitset<kCodePoints>> unstable_;
};

const UnstableCodePoints& unstableCodePoints() {
  static const UnstableCodePoints instance;
  return instance;
}

bool isQuick(std::string_view text) {
  unsigned char largest = 0;
  for (const char c : text) largest = std::max(largest, static_cast<unsigned char>(c));
  return largest < kFirstUnstableLead;
}

/// A stable character and the unstable ones that follow it.
struct Segment {
  std::size_t begin = 0, end = 0;
};

/// The next segment with an unstable character, at or after `from`; empty at the end.
Segment nextUnstable(std::string_view text, std::size_t from) {
  const UnstableCodePoints& unstable = unstableCodePoints();
  std::size_t stableBegin = from;
  bool found = false;
  std::size_t at = from;
  while (at < text.size()) {
    const Utf8Step step = decodeUtf8(text, at);
    if (unstable.contains(step.codePoint)) {
      found = true;
    } else if (found) {
      break;
    } else {
      stableBegin = at;
    }
    at += step.length;
  }
  return found ? Segment{stableBegin, at} : Segment{text.size(), text.size()};
}

}  // namespace

std::string_view normalizeNfc(std::string_view text, std::string& scratch) {
  if (isQuick(text)) return text;
  Segment segment = nextUnstable(text, 0);
  if (segment.begin == text.size()) return text;

  scratch.clear();
  std::vector<utf8proc_int32_t> codePoints;
  for (std::size_t done = 0; done < text.size(); segment = nextUnstable(text, done)) {
    scratch += text.substr(done, segment.begin - done);
    codePoints.clear();
    for (std::size_t at = segment.begin; at < segment.end;) {
      const Utf8Step step = decodeUtf8(text, at);
      appendDecomposed(codePoints, step.codePoint);
      at += step.length;
    }
    orderAndCompose(codePoints);
    for (const auto c : codePoints) appendUtf8(scratch, static_cast<char32_t>(c));
    done = segment.end;
  }
  return scratch;
}

}  // namespace featurescope

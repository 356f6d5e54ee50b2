// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/posting_code.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <zlib.h>

namespace featurescope {

namespace {

static_assert(std::endian::native == std::endian::little,
              "values are stored as they lie in memory");

void appendLeb128(std::string& bytes, std::uint64_t number) {
  while (number >= 0x80) {
    bytes += static_cast<char>((number & 0x7F) | 0x80);
    number >>= 7;
  }
  bytes += static_cast<char>(number);
}

/// Moves `at` behind the number; false when it is cut short or longer than 63 bits.
bool readLeb128(std::string_view bytes, std::size_t& at, std::int64_t& number) {
  number = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (at == bytes.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    number |= static_cast<std::int64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

void PostingEncoder::add(Position position) {
  if (count_ == 0) {
    first_ = last_ = position;
  } else if (position <= last_) {
    throw std::logic_error("postings must ascend");
  }
  appendLeb128(distances_, static_cast<std::uint64_t>(position - last_));
  last_ = position;
  ++count_;
}

void PostingEncoder::add(Position position, float value) {
  add(position);
  const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
  values_.append(bytes.data(), bytes.size());
}

std::string PostingEncoder::take() {
  std::string data = distances_ + values_;
  // They keep their memory: thousands of encoders that give theirs back and ask again, for as long
  // as a corpus lasts, leave holes everywhere between the large blocks of the model's work.
  distances_.clear();
  values_.clear();
  count_ = 0;
  return data;
}

bool decodePostings(std::string_view data, std::int64_t count, Position first, Position last,
                    std::vector<Position>& positions, std::vector<float>* values) {
  const auto valueBytes = values == nullptr ? std::size_t{0} : sizeof(float);
  // Every posting takes a byte at least: what follows allocates no more than the data justifies.
  if (count < 1 || first < 0 || std::cmp_greater(count, data.size() / (1 + valueBytes))) {
    return false;
  }
  const auto n = static_cast<std::size_t>(count);
  const std::string_view distances = data.substr(0, data.size() - n * valueBytes);
  Position position = first;
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::int64_t distance = 0;
    if (!readLeb128(distances, at, distance)) return false;
    if ((distance == 0) != (i == 0) || distance > last - position) return false;
    position += distance;
    positions.push_back(position);
  }
  if (at != distances.size() || position != last) return false;
  if (values == nullptr) return true;
  const std::size_t before = values->size();
  values->resize(before + n);
  std::memcpy(values->data() + before, data.data() + distances.size(), n * sizeof(float));
  for (std::size_t i = before; i < values->size(); ++i) {
    if (!std::isfinite((*values)[i])) return false;
  }
  return true;
}

std::int64_t checksumOf(std::string_view data) {
  return static_cast<std::int64_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
}

}  // namespace featurescope

#include "text/piece_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace pointsman {
namespace {

// Odd 64-bit constants of wyhash and splitmix64; any with well spread bits would do.
constexpr std::uint64_t kSeed = 0xA0761D6478BD642F;
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;

// The lengths of pieces are known by this many first bytes. Measured on English words of two pieces: with 3
// bytes and 2^14 entries (64 KiB) they take a third less time than trying every length.
constexpr std::size_t kLeadBytes = 3;
constexpr int kLeadBits = 14;
constexpr std::size_t kLongestKnown = 31;

std::size_t lead_index(const char* bytes) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::uint32_t lead = byte(0) << 16 | byte(1) << 8 | byte(2);
  return (lead * 0x9E3779B1U) >> (32 - kLeadBits);
}

template <typename T>
std::uint64_t load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// Up to 8 bytes as one number, without reading past them; distinct for distinct strings of one length.
std::uint64_t load_tail(const char* bytes, std::size_t length) {
  if (length == 8) return load<std::uint64_t>(bytes);
  if (length >= 4) return load<std::uint32_t>(bytes) << 32 | load<std::uint32_t>(bytes + length - 4);
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]));
  };
  return length == 0 ? 0 : byte(0) << 16 | byte(length / 2) << 8 | byte(length - 1);
}

std::uint64_t hash(std::string_view piece) {
  std::uint64_t state = kSeed ^ piece.size();
  std::size_t at = 0;
  for (; at + 8 < piece.size(); at += 8) {
    state = (state ^ load<std::uint64_t>(piece.data() + at)) * kMultiplier;
    state ^= state >> 32;
  }
  state = (state ^ load_tail(piece.data() + at, piece.size() - at)) * kMultiplier;
  state = (state ^ state >> 32) * kMultiplier;
  return state ^ state >> 29;
}

}  // namespace

PieceTable::PieceTable(const std::vector<std::pair<std::string_view, std::int32_t>>& pieces)
    : lengths_(std::size_t{1} << kLeadBits) {
  std::size_t total_bytes = 0;
  for (const auto& [piece, id] : pieces) {
    total_bytes += piece.size();
    longest_ = std::max(longest_, piece.size());
  }
  if (total_bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::kUnsupported, "a vocabulary of more than 4 GiB of text is not supported");
  }
  bytes_.reserve(total_bytes);
  // At most two thirds full: probes stay short and the table of a 30,000-word vocabulary within a megabyte.
  slots_.resize(std::bit_ceil(pieces.size() + pieces.size() / 2 + 1));
  for (const auto& [piece, id] : pieces) {
    const std::uint64_t hashed = hash(piece);
    std::size_t at = hashed & (slots_.size() - 1);
    while (slots_[at].length != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {static_cast<std::uint32_t>(hashed >> 32), static_cast<std::uint32_t>(bytes_.size()),
                  static_cast<std::uint32_t>(piece.size()), id};
    bytes_ += piece;
    if (piece.size() >= kLeadBytes) {
      lengths_[lead_index(piece.data())] |= 1U << std::min(piece.size(), kLongestKnown);
    }
  }
}

std::int32_t PieceTable::find(std::string_view piece) const noexcept {
  const std::uint64_t hashed = hash(piece);
  const auto fingerprint = static_cast<std::uint32_t>(hashed >> 32);
  for (std::size_t at = hashed & (slots_.size() - 1); slots_[at].length != 0;
       at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.fingerprint != fingerprint || slot.length != piece.size()) continue;
    if (std::memcmp(bytes_.data() + slot.offset, piece.data(), piece.size()) == 0) return slot.id;
  }
  return kAbsent;
}

std::uint32_t PieceTable::possible_lengths(std::string_view text) const noexcept {
  constexpr std::uint32_t kShorterThanLead = (1U << kLeadBytes) - 1;
  return text.size() < kLeadBytes ? kShorterThanLead : kShorterThanLead | lengths_[lead_index(text.data())];
}

std::int32_t PieceTable::find_longest(std::string_view text, std::size_t& length) const noexcept {
  const std::uint32_t possible = possible_lengths(text);
  for (length = std::min(text.size(), longest_); length > 0; --length) {
    if ((possible >> std::min(length, kLongestKnown) & 1) == 0) continue;
    const std::int32_t id = find(text.substr(0, length));
    if (id != kAbsent) return id;
  }
  return kAbsent;
}

}  // namespace pointsman

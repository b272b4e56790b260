#include "text/surface_features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pointsman {
namespace {

constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

enum ByteClass : std::size_t {
  kDigit,
  kCapital,
  kOperator,
  kBracket,
  kPunctuationMark,
  kQuestionMark,
  kMathMark,
  kAboveAscii,
  kByteClasses,
};

// In the order of ByteClass; what is above ASCII is the rest.
constexpr std::array<std::string_view, kAboveAscii> kMembers = {
    "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "+-*/=<>^", "{}()[];", ".,:!?", "?", "$\\"};

// Eight counters of eight bits side by side: whatever a byte is, one addition counts it.
constexpr std::array<std::uint64_t, 256> make_increments() {
  std::array<std::uint64_t, 256> increments{};
  for (std::size_t c = 0; c < kMembers.size(); ++c) {
    for (const char member : kMembers[c]) {
      increments[static_cast<unsigned char>(member)] += std::uint64_t{1} << (8 * c);
    }
  }
  for (std::size_t byte = 0x80; byte < 256; ++byte) {
    increments[byte] = std::uint64_t{1} << (8 * kAboveAscii);
  }
  return increments;
}

constexpr std::array<std::uint64_t, 256> kIncrements = make_increments();
// A counter of eight bits holds as many.
constexpr std::size_t kBlock = 255;

using ByteCounts = std::array<std::size_t, kByteClasses>;

ByteCounts count_bytes(std::string_view text) {
  ByteCounts counts{};
  while (!text.empty()) {
    const std::string_view block = text.substr(0, kBlock);
    std::uint64_t sums = 0;
    for (const char c : block) sums += kIncrements[static_cast<unsigned char>(c)];
    for (std::size_t& count : counts) {
      count += sums & 0xff;
      sums >>= 8;
    }
    text.remove_prefix(block.size());
  }
  return counts;
}

struct WordCounts {
  std::size_t words = 0;
  std::size_t bytes = 0;
  std::size_t distinct = 0;
};

WordCounts count_words(std::string_view text) {
  constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  constexpr std::uint64_t kFnvPrime = 0x100000001b3;
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // FNV's upper bits hardly see the last bytes
  std::array<std::uint64_t, 64> seen{};                  // a bit for each value of a hash's upper 12 bits
  WordCounts counts;
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    std::uint64_t hash = kFnvOffset;
    do {
      hash = (hash ^ static_cast<unsigned char>(text[at])) * kFnvPrime;
      ++at;
    } while (at < text.size() && !is_space(text[at]));
    hash *= kGolden;
    std::uint64_t& bits = seen[hash >> 58];
    const std::uint64_t bit = std::uint64_t{1} << ((hash >> 52) & 63);
    counts.distinct += (bits & bit) == 0 ? 1 : 0;
    bits |= bit;
    ++counts.words;
    counts.bytes += at - begin;
  }
  return counts;
}

struct LineCounts {
  std::size_t lines = 0;
  std::size_t options = 0;
  std::size_t last_bytes = 0;
  bool code = false;
};

std::string_view trim(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

bool begins_like_option(std::string_view line) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'J'; };
  if (line.size() >= 3 && line[0] == '(') return is_letter(line[1]) && line[2] == ')';
  return line.size() >= 2 && is_letter(line[0]) && (line[1] == '.' || line[1] == ')');
}

bool is_code(std::string_view line) {
  return line.back() == '{' || line.back() == ';' || line.starts_with("def ") ||
         line.find("```") != std::string_view::npos;
}

LineCounts count_lines(std::string_view text) {
  LineCounts counts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++counts.lines;
    if (line.empty()) continue;
    counts.last_bytes = line.size();
    counts.options += begins_like_option(line) ? 1 : 0;
    counts.code = counts.code || is_code(line);
  }
  return counts;
}

double log1p_of(std::size_t count) {
  return std::log1p(static_cast<double>(count));
}

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void surface_features(std::string_view text, std::span<float, kSurfaceFeatures> out) noexcept {
  const ByteCounts bytes = count_bytes(text);
  const WordCounts words = count_words(text);
  const LineCounts lines = count_lines(text);
  const auto share = [&](ByteClass c) { return ratio(bytes[c], text.size()); };
  // In the order of SurfaceFeature.
  const std::array<double, kSurfaceFeatures> values = {
      log1p_of(text.size()),
      log1p_of(words.words),
      log1p_of(lines.lines),
      share(kDigit),
      share(kCapital),
      share(kOperator),
      share(kBracket),
      share(kPunctuationMark),
      share(kAboveAscii),
      log1p_of(bytes[kQuestionMark]),
      std::log1p(ratio(words.bytes, words.words)),
      ratio(words.distinct, words.words),
      lines.code ? 1.0 : 0.0,
      log1p_of(bytes[kMathMark]),
      log1p_of(lines.options),
      log1p_of(lines.last_bytes),
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = std::min(static_cast<float>(values[i]) * kSurfaceScales[i], kMostSurface);
  }
}

}  // namespace pointsman

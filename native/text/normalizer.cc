#include "text/normalizer.h"

#include <algorithm>

#include "text/utf8.h"

namespace pointsman {
namespace {

constexpr unsigned kAsciiCount = 128;

Normalizer::Ascii classify(std::uint8_t kind, bool clean_text) {
  if (clean_text && (kind & unicode::kRemoved) != 0) return Normalizer::Ascii::kRemoved;
  if ((kind & unicode::kSpace) != 0) return Normalizer::Ascii::kSpace;
  if ((kind & unicode::kPunctuation) != 0) return Normalizer::Ascii::kPunctuation;
  return Normalizer::Ascii::kWord;
}

}  // namespace

void PendingMarks::sort() {
  if (marks_.size() < 2) return;
  std::stable_sort(marks_.begin(), marks_.end(), [](const NormalizedChar& a, const NormalizedChar& b) {
    return unicode::combining_rank(a.code_point) < unicode::combining_rank(b.code_point);
  });
}

Normalizer::Normalizer(NormalizerOptions options) : options_(options) {
  ascii_kind_.fill(Ascii::kNotAscii);
  for (unsigned byte = 0; byte < kAsciiCount; ++byte) {
    const std::uint8_t kind = unicode::char_class(byte);
    const bool lowers = options.lowercase && (kind & unicode::kLowers) != 0;
    ascii_kind_[byte] = classify(kind, options.clean_text);
    ascii_value_[byte] = static_cast<char>(lowers ? unicode::lower(byte).code_points[0] : byte);
  }
}

bool Normalizer::is_space(char32_t c) const noexcept {
  const std::uint8_t kind = unicode::char_class(c);
  return (kind & unicode::kSpace) != 0 && !(options_.clean_text && (kind & unicode::kRemoved) != 0);
}

bool Normalizer::separates_words(char32_t c) const noexcept {
  constexpr std::uint8_t kChanges =
      unicode::kRemoved | unicode::kFolds | unicode::kLowers | unicode::kReorders;
  const std::uint8_t kind = unicode::char_class(c);
  if ((kind & unicode::kPunctuation) != 0 && (kind & kChanges) == 0) return true;
  return is_space(c) || (options_.handle_chinese_chars && (kind & unicode::kCjk) != 0);
}

std::u32string Normalizer::normalize(std::string_view text) const {
  std::u32string normalized;
  PendingMarks marks;
  const auto emit = [&](NormalizedChar c) { normalized.push_back(c.code_point); };
  for (const char32_t c : to_utf32(text)) push(c, 0, 0, marks, emit);
  finish(marks, emit);
  return normalized;
}

}  // namespace pointsman

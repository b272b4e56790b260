#include "text/utf8.h"

#include <algorithm>

namespace pointsman {
namespace {

constexpr std::size_t kMaxUtf8Length = 4;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// What a lead byte announces. The second byte's range is narrower where a wider one would admit overlong
// forms, surrogates or code points above U+10FFFF (table 3-7 of The Unicode Standard). length 0: not a lead
// byte.
struct Lead {
  std::size_t length;
  unsigned char second_min;
  unsigned char second_max;
};

Lead classify_lead(unsigned char byte) {
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

DecodedChar decode_utf8(std::string_view text, std::size_t offset) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned char first = byte_at(0);
  if (first < 0x80) return {first, 1};
  const Lead lead = classify_lead(first);
  const std::size_t available = text.size() - offset;
  if (lead.length == 0 || available < 2) return {kReplacementCharacter, 1};
  if (byte_at(1) < lead.second_min || byte_at(1) > lead.second_max) return {kReplacementCharacter, 1};
  char32_t code_point = static_cast<char32_t>(first & (0x7F >> lead.length)) << 6 | (byte_at(1) & 0x3F);
  for (std::size_t i = 2; i < lead.length; ++i) {
    if (i == available || !is_continuation(text[offset + i])) return {kReplacementCharacter, i};
    code_point = code_point << 6 | (byte_at(i) & 0x3F);
  }
  return {code_point, lead.length};
}

char32_t decode_utf8_before(std::string_view text, std::size_t offset) {
  for (std::size_t length = 1; length <= std::min(offset, kMaxUtf8Length); ++length) {
    if (is_continuation(text[offset - length])) continue;
    const DecodedChar decoded = decode_utf8(text.substr(0, offset), offset - length);
    return decoded.length == length ? decoded.code_point : kReplacementCharacter;
  }
  return kReplacementCharacter;
}

std::size_t utf8_boundary(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return text.size();
  // A character never absorbs a byte that is no continuation, and reaches back three bytes at most.
  for (std::size_t back = 0; back < kMaxUtf8Length && back <= offset; ++back) {
    if (!is_continuation(text[offset - back])) return offset - back;
  }
  return offset;
}

std::size_t encode_utf8(char32_t code_point, char* out) {
  const auto continuation = [&](int shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | (code_point >> 6));
    out[1] = continuation(0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (code_point >> 12));
    out[1] = continuation(6);
    out[2] = continuation(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (code_point >> 18));
  out[1] = continuation(12);
  out[2] = continuation(6);
  out[3] = continuation(0);
  return 4;
}

std::u32string to_utf32(std::string_view text) {
  std::u32string code_points;
  for (std::size_t offset = 0; offset < text.size();) {
    const DecodedChar decoded = decode_utf8(text, offset);
    code_points.push_back(decoded.code_point);
    offset += decoded.length;
  }
  return code_points;
}

}  // namespace pointsman

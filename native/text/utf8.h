// UTF-8 to code points and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pointsman {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

struct DecodedChar {
  char32_t code_point;
  std::size_t length;  // bytes read, 1 to 4
};

// The character at `offset` < text.size(). Ill-formed bytes read as U+FFFD, one per maximal subpart of an
// ill-formed sequence (The Unicode Standard, section 3.9; the WHATWG decoder does the same).
DecodedChar decode_utf8(std::string_view text, std::size_t offset);

// The character that ends at `offset` > 0.
char32_t decode_utf8_before(std::string_view text, std::size_t offset);

// The largest offset <= `offset` that no character straddles.
std::size_t utf8_boundary(std::string_view text, std::size_t offset);

// Writes 1 to 4 bytes and returns how many.
std::size_t encode_utf8(char32_t code_point, char* out);

// Code points of a text, ill-formed bytes as above.
std::u32string to_utf32(std::string_view text);

}  // namespace pointsman

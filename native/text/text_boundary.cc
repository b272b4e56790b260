#include "text/text_boundary.h"

#include "text/utf8.h"

namespace pointsman {

bool TextBoundary::separates(char32_t c) const {
  return added_.has_normalized() ? normalizer_.is_space(c) : normalizer_.separates_words(c);
}

// `offset` is straddled by no character.
bool TextBoundary::is_boundary(std::string_view text, std::size_t offset) const {
  if (offset == 0 || offset == text.size()) return true;
  const bool beside_separator =
      separates(decode_utf8_before(text, offset)) || separates(decode_utf8(text, offset).code_point);
  return beside_separator && !added_.touches_raw(text, offset);
}

std::size_t TextBoundary::next(std::string_view text, std::size_t offset) const {
  std::size_t at = utf8_boundary(text, offset);
  while (at < offset) at += decode_utf8(text, at).length;
  while (!is_boundary(text, at)) at += decode_utf8(text, at).length;
  return at;
}

std::size_t TextBoundary::previous(std::string_view text, std::size_t offset, std::size_t max_bytes) const {
  const std::size_t floor = offset - (max_bytes < offset ? max_bytes : offset);
  for (std::size_t at = utf8_boundary(text, offset); at >= floor; at = utf8_boundary(text, at - 1)) {
    if (is_boundary(text, at)) return at;  // 0 is one
  }
  return kNone;
}

}  // namespace pointsman

#include "text/utf8.h"

#include <string>
#include <string_view>

#include "doctest/doctest.h"

namespace pointsman::test {
namespace {

using std::string_literals::operator""s;

TEST_CASE("well-formed UTF-8 decodes to the code points that encode to it") {
  for (const char32_t c : {U'\0', U'a', U'\u007f', U'\u0080', U'\u07ff', U'\u0800', U'\ud7ff', U'\ue000',
                           U'\uffff', U'\U00010000', U'\U0010ffff'}) {
    CAPTURE(static_cast<std::uint32_t>(c));
    char bytes[4];
    const std::string text(bytes, encode_utf8(c, bytes));
    const DecodedChar decoded = decode_utf8(text, 0);
    CHECK(decoded.code_point == c);
    CHECK(decoded.length == text.size());
    CHECK(decode_utf8_before(text, text.size()) == c);
  }
}

TEST_CASE("ill-formed UTF-8 reads as U+FFFD once per maximal subpart") {
  const char32_t r = kReplacementCharacter;
  CHECK(to_utf32("\x80"s) == std::u32string{r});
  CHECK(to_utf32("a\xff"
                 "b"s) == std::u32string{U'a', r, U'b'});
  CHECK(to_utf32("\xc0\xaf"s) == std::u32string{r, r});                // overlong
  CHECK(to_utf32("\xe0\x80\x80"s) == std::u32string{r, r, r});         // overlong
  CHECK(to_utf32("\xed\xa0\x80"s) == std::u32string{r, r, r});         // a surrogate
  CHECK(to_utf32("\xf4\x90\x80\x80"s) == std::u32string{r, r, r, r});  // above U+10FFFF
  CHECK(to_utf32("\xe2\x82"s) == std::u32string{r});                   // cut short by the end
  CHECK(to_utf32("\xf0\x9f\x98x"s) == std::u32string{r, U'x'});        // and by another character
  CHECK(to_utf32("\xf0\x9f\xe2\x82\xac"s) == std::u32string{r, U'\u20ac'});
  // Table 3-8 of The Unicode Standard.
  CHECK(to_utf32("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"s) ==
        std::u32string{U'a', r, r, r, U'b', r, U'c', r, r, U'd'});
}

TEST_CASE("no character straddles a boundary") {
  for (const std::string& text :
       {"a\u00e9\u4e2d\U0001f600"s, "\x80\x80\x80\x80\x80\xe2\x82"s, "\xf0\x9f\x98\xff\x80"s}) {
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      const std::size_t boundary = utf8_boundary(text, offset);
      CAPTURE(offset);
      CHECK(boundary <= offset);
      CHECK(to_utf32(text.substr(0, boundary)) + to_utf32(text.substr(boundary)) == to_utf32(text));
    }
  }
}

}  // namespace
}  // namespace pointsman::test

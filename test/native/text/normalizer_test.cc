#include "text/normalizer.h"

#include <string>

#include "doctest/doctest.h"

namespace pointsman::test {
namespace {

using std::string_literals::operator""s;

const NormalizerOptions kUncased{
    .clean_text = true, .handle_chinese_chars = true, .strip_accents = true, .lowercase = true};

std::u32string normalize(NormalizerOptions options, const std::string& text) {
  return Normalizer(options).normalize(text);
}

TEST_CASE("a normalizer with everything off changes nothing") {
  const std::string text = "A\u00c9\t\u0001\u4e2d\u0323\u0301";
  CHECK(normalize({}, text) == U"A\u00c9\t\u0001\u4e2d\u0323\u0301");
}

TEST_CASE("clean_text drops control characters and turns white space into spaces") {
  const NormalizerOptions clean{.clean_text = true};
  CHECK(normalize(clean, "a\0b\x01\x7f\u0085\u00ad\u200b\ufeff\ufffd\ue000z"s) == U"abz");
  CHECK(normalize(clean, "a\tb\nc\rd\u00a0e\u2028f\u3000g") == U"a b c d e f g");
  CHECK(normalize(clean, "\u0378") == U"\u0378");  // unassigned code points are kept
}

TEST_CASE("handle_chinese_chars puts spaces around ideographs, outside the BMP as well") {
  const NormalizerOptions cjk{.handle_chinese_chars = true};
  CHECK(normalize(cjk, "a\u4e2db") == U"a \u4e2d b");
  CHECK(normalize(cjk, "\U00020000\uf900") == U" \U00020000  \uf900 ");
  CHECK(normalize(cjk, "\u3042\uac00") == U"\u3042\uac00");  // kana and Hangul are no ideographs
}

TEST_CASE("strip_accents decomposes and drops nonspacing marks") {
  const NormalizerOptions strip{.strip_accents = true};
  CHECK(normalize(strip, "\u00c9e\u0301\u1e9b\u0323") == U"Ee\u017f");
  CHECK(normalize(strip, "\uac01\uac00") == U"\u1100\u1161\u11a8\u1100\u1161");
  CHECK(normalize(strip, "\u1fef\u037e\u212b") == U"`;A");
  CHECK(normalize(strip, "\u0344") == U"");
  CHECK(normalize(strip, "\u09cb") == U"\u09c7\u09be");
}

TEST_CASE("marks that survive strip_accents leave in canonical order") {
  const NormalizerOptions strip{.strip_accents = true};
  // U+1E000 has combining class 230, U+302E 224 and neither is stripped.
  CHECK(normalize(strip, "a\U0001e000\u302eb") == U"a\u302e\U0001e000b");
  CHECK(normalize(strip, "a\U0001e000\u0301\u302e") == U"a\u302e\U0001e000");
  // A dropped variation selector, of class 0, still keeps them apart.
  CHECK(normalize(strip, "a\U0001e000\ufe0f\u302e") == U"a\U0001e000\u302e");
  CHECK(normalize({}, "a\U0001e000\u302e") == U"a\U0001e000\u302e");
}

TEST_CASE("lowercase goes character by character") {
  const NormalizerOptions lower{.lowercase = true};
  CHECK(normalize(lower, "\u039f\u03a3 \u0130I") == U"\u03bf\u03c3 i\u0307i");
  CHECK(normalize(lower, "\u00df\u1e9e\u01c5") == U"\u00df\u00df\u01c6");
  CHECK(normalize(kUncased, "\u0130") == U"i");
}

}  // namespace
}  // namespace pointsman::test

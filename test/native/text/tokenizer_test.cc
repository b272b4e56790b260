#include "text/tokenizer.h"

#include <string>

#include "doctest/doctest.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;
using std::string_literals::operator""s;

std::string uncased(std::string_view text) {
  return tokens(tiny_tokenizer_json(), text);
}

TEST_CASE("special tokens go around the text, and around nothing") {
  const auto tokenizer = load(tiny_tokenizer_json());
  Ids ids{42};
  CHECK(tokenizer->encode("hello", 100, ids) == 3);
  CHECK(ids == Ids{42, kCls, 4, kSep});
  CHECK(tokenizer->encode("", 100, ids) == 2);
  CHECK(tokenizer->num_special_tokens() == 2);
}

TEST_CASE("words end at white space and punctuation, and each punctuation character is a word") {
  CHECK(uncased("hello world") == "hello wor ##ld");
  CHECK(uncased("  hello\t\nworld \r\n") == "hello wor ##ld");
  CHECK(uncased("a,b!!c") == "a , b ! ! c");
  CHECK(uncased("[a]") == "[ a ]");
  CHECK(uncased("a\u3000b\u2028c") == "a b c");
  CHECK(uncased("a\u2026b") == "a [UNK] b");
}

TEST_CASE("normalisation does not end words") {
  CHECK(uncased("A\u0301\u0001B\u200d\u00c7") == "a ##b ##c");
  CHECK(uncased("\u0130\u00cf") == "i ##i");
  CHECK(uncased("\u03a3\u03a3\u03a3") == "\u03c3 ##\u03c3 ##\u03c3");
  CHECK(uncased("\uac01") == "\u1100 ##\u1161 ##\u11a8");
  CHECK(uncased("a\u1fefb") == "a ` b");
}

TEST_CASE("ideographs are words of their own") {
  CHECK(uncased("a\u4e2d\u6587b\U00020000") == "a \u4e2d \u6587 b \U00020000");
}

TEST_CASE("marks are put in order before the word is looked up, also before an ASCII character") {
  CHECK(uncased("a\U0001e000\u302ex") == "a ##\u302e ##\U0001e000 ##x");
  CHECK(uncased("a\U0001e000\x01\u302e,") == "a ##\u302e ##\U0001e000 ,");
  CHECK(uncased("a\U0001e000\u302e") == "a ##\u302e ##\U0001e000");
}

TEST_CASE("a cased tokenizer keeps case and accents") {
  json cased = tiny_tokenizer_json();
  cased["normalizer"]["lowercase"] = false;
  CHECK(tokens(cased, "A a \u00e9 \uac01") == "A a \u00e9 \uac01");
  cased["normalizer"]["strip_accents"] = true;
  CHECK(tokens(cased, "A \u00e9") == "A e");
}

TEST_CASE("without a normalizer control characters and U+FFFD stay in their words") {
  json bare = tiny_tokenizer_json();
  bare["normalizer"] = nullptr;
  CHECK(tokens(bare, "a\u0001 b\xff c\u000bx A") == "[UNK] [UNK] c x A");
  CHECK(uncased("a\u0001 b\xff c\u000bx A") == "a b c ##x a");
}

TEST_CASE("invalid UTF-8 and NUL are dropped by clean_text without ending the word") {
  CHECK(uncased("a\xf0\x9f\x98x\x80\0b"s) == "a ##x ##b");
}

TEST_CASE("a word over the character limit is unknown, one at the limit is not") {
  CHECK(uncased(std::string("a").append(9, 'b')) == "a ##b ##b ##b ##b ##b ##b ##b ##b ##b");
  CHECK(uncased(std::string("a").append(10, 'b') + " b") == "[UNK] b");
  // Characters count after normalisation: marks that are stripped do not, every jamo of a syllable does.
  CHECK(uncased("a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b") == "a");
  CHECK(uncased("\uac01\uac01\uac01\uac01") == "[UNK]");
}

TEST_CASE("the longest word may be configured above what the reader copies at once") {
  json wide = tiny_tokenizer_json();
  wide["model"]["max_input_chars_per_word"] = 1000;
  const auto tokenizer = load(wide);
  for (const std::size_t length : {63, 64, 65, 127, 128, 129, 1000, 1001}) {
    CAPTURE(length);
    Ids ids;
    const std::size_t expected = length <= 1000 ? length : 1;
    CHECK(tokenizer->encode(std::string("a").append(length - 1, 'b'), 5000, ids) == expected + 2);
  }
}

}  // namespace
}  // namespace pointsman::test

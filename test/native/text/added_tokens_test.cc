#include <string>

#include "doctest/doctest.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

// The tiny tokenizer with these added tokens, whose ids follow the vocabulary where it has none for them.
json with_added(const std::vector<json>& added) {
  json tokenizer = tiny_tokenizer_json();
  const json& vocabulary = tokenizer["model"]["vocab"];
  auto id = static_cast<std::int32_t>(vocabulary.size());
  for (json token : added) {
    const auto content = token["content"].get<std::string>();
    token["id"] = vocabulary.contains(content) ? vocabulary[content].get<std::int32_t>() : id++;
    tokenizer["added_tokens"].push_back(token);
  }
  return tokenizer;
}

json token(const std::string& content, const std::vector<std::string>& flags = {}) {
  json added = added_token(0, content);
  for (const std::string& flag : flags) added[flag] = true;
  return added;
}

TEST_CASE("an added token in the text is one token and ends the word before it") {
  const json tokenizer = with_added({token("[MASK]")});
  CHECK(tokens(tokenizer, "[MASK]") == "[MASK]");
  CHECK(tokens(tokenizer, "a[MASK]b [MASK][MASK]") == "a [MASK] b [MASK] [MASK]");
  CHECK(tokens(tokenizer, "[mask] [ MASK ]") == "[ mask ] [ mask ]");
  CHECK(tokens(tiny_tokenizer_json(), "[MASK]") == "[ mask ]");
}

TEST_CASE("of added tokens that begin at one place the longest wins") {
  const json tokenizer = with_added({token("<x"), token("<x>"), token("x>")});
  CHECK(tokens(tokenizer, "<x><xa<x") == "<x> <x a <x");
}

TEST_CASE("a single_word token is refused where a word character touches it") {
  const json tokenizer = with_added({token("<x>", {"single_word"})});
  CHECK(tokens(tokenizer, "<x> (<x>) \u4e2d <x>") == "<x> [UNK] <x> [UNK] \u4e2d <x>");
  CHECK(tokens(tokenizer, "a<x>") == "a [UNK] x [UNK]");
  CHECK(tokens(tokenizer, "<x>\u00e9") == "[UNK] x [UNK] e");
  CHECK(tokens(tokenizer, "_<x>") == "[UNK] [UNK] x [UNK]");
  CHECK(tokens(tokenizer, "\xff<x>\x80") == "<x>");
}

TEST_CASE("a refused match hides the matches that overlap it") {
  const json tokenizer = with_added({token("<x>", {"single_word"}), token("x"), token(">")});
  CHECK(tokens(tokenizer, "<x>") == "<x>");
  CHECK(tokens(tokenizer, "<x>a>") == "[UNK] x [UNK] a >");
}

TEST_CASE("a normalized token is found in the normalised text, whatever its case and accents") {
  const json tokenizer = with_added({token("\u00c9x", {"normalized"})});
  CHECK(tokens(tokenizer, "ex \u00e9X aEXa") == "\u00c9x \u00c9x a \u00c9x a");
  CHECK(tokens(tokenizer, "e\u0301\u0302\u200dx") == "\u00c9x");
  CHECK(tokens(with_added({token("\u00c9x")}), "ex \u00c9x") == "e ##x \u00c9x");
}

TEST_CASE("a normalized token may span the spaces around ideographs") {
  const json tokenizer = with_added({token("\u4e2d\u6587", {"normalized"})});
  CHECK(tokens(tokenizer, "a\u4e2d\u6587b \u4e2d") == "a \u4e2d\u6587 b \u4e2d");
}

TEST_CASE("a normalized single_word token looks at the normalised neighbours") {
  const json tokenizer = with_added({token("xx", {"normalized", "single_word"})});
  CHECK(tokens(tokenizer, "XX") == "xx");
  CHECK(tokens(tokenizer, "aXX XXa") == "a ##x ##x x ##x ##a");
  CHECK(tokens(tokenizer, "xxx (xx)") == "x ##x ##x [UNK] xx [UNK]");
}

TEST_CASE("raw tokens are taken out before normalized ones are looked for") {
  const json tokenizer = with_added({token("b", {"normalized"}), token("ab")});
  CHECK(tokens(tokenizer, "abb bab AB") == "ab b b ab a b");
}

TEST_CASE("lstrip and rstrip take white space along, which a normalized token then cannot have") {
  const json normalized = token(" x", {"normalized"});
  CHECK(tokens(with_added({token("<"), normalized}), "< x") == "<  x");
  CHECK(tokens(with_added({token("<", {"rstrip"}), normalized}), "< x x") == "< x  x");
  const json trailing = token("x ", {"normalized"});
  CHECK(tokens(with_added({token("<"), trailing}), "x <") == "x  <");
  CHECK(tokens(with_added({token("<", {"lstrip"}), trailing}), "x \u3000<x <") == "x < x <");
}

TEST_CASE("a raw token inside white space that another one strips is still a token") {
  CHECK(tokens(with_added({token("<", {"rstrip"}), token("\t")}), "< \t") == "< \t");
}

TEST_CASE("added tokens are found wherever they lie in a long text") {
  const json raw = with_added({token("[MASK]", {"lstrip"})});
  const json normalized = with_added({token("[MASK]", {"normalized"})});
  for (std::size_t before = 2030; before < 2070; ++before) {
    CAPTURE(before);
    for (const std::string& filler : {std::string(before, ' '), std::string("a").append(before, ',')}) {
      std::string expected = tokens(tiny_tokenizer_json(), filler);
      if (!expected.empty()) expected += ' ';
      expected += "[MASK] b";
      CHECK(tokens(raw, filler + "[MASK]b") == expected);
      CHECK(tokens(normalized, filler + "[MASK]b") == expected);
    }
  }
}

}  // namespace
}  // namespace pointsman::test

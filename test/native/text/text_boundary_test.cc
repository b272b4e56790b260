#include "text/text_boundary.h"

#include <string>

#include "doctest/doctest.h"
#include "text/random_texts.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

struct Configuration {
  std::string name;
  json tokenizer;
};

std::vector<Configuration> configurations() {
  const json plain = tiny_tokenizer_json();
  json raw = plain;
  raw["added_tokens"] = json::array({added_token(kMask, "[MASK]"), added_token(kSep, "[SEP]")});
  json whole_words = raw;
  whole_words["added_tokens"][0]["single_word"] = true;
  whole_words["added_tokens"][1]["lstrip"] = true;
  json normalized = raw;
  normalized["added_tokens"][0]["normalized"] = true;
  normalized["added_tokens"][1]["normalized"] = true;
  normalized["added_tokens"][1]["single_word"] = true;
  json cased = plain;
  cased["normalizer"]["lowercase"] = false;
  cased["normalizer"]["handle_chinese_chars"] = false;
  cased["normalizer"]["clean_text"] = false;
  json bare = raw;
  bare["normalizer"] = nullptr;
  return {{"plain", plain},           {"raw added tokens", raw}, {"whole words", whole_words},
          {"normalized", normalized}, {"cased", cased},          {"no normaliser", bare}};
}

Ids ids_of(const WordPieceTokenizer& tokenizer, std::string_view part) {
  Ids ids;
  tokenizer.encode_part(part, part.size(), ids);
  return ids;
}

TEST_CASE("both sides of a boundary have the tokens they have in the whole") {
  for (const Configuration& configuration : configurations()) {
    CAPTURE(configuration.name);
    const auto tokenizer = load(configuration.tokenizer);
    std::mt19937 random(7);
    std::size_t boundaries = 0;
    for (int round = 0; round < 400; ++round) {
      const std::string text = random_text(random, 12);
      const Ids whole = ids_of(*tokenizer, text);
      for (std::size_t at = tokenizer->boundary().next(text, 1); at < text.size();
           at = tokenizer->boundary().next(text, at + 1)) {
        Ids both = ids_of(*tokenizer, std::string_view(text).substr(0, at));
        const Ids after = ids_of(*tokenizer, std::string_view(text).substr(at));
        both.insert(both.end(), after.begin(), after.end());
        CAPTURE(text);
        CAPTURE(at);
        CHECK(both == whole);
        ++boundaries;
      }
    }
    CHECK(boundaries > 400);
  }
}

TEST_CASE("next and previous find the nearest boundary on their side") {
  const auto tokenizer = load(tiny_tokenizer_json());
  const TextBoundary& boundary = tokenizer->boundary();
  const std::string text = "hello world\u4e2dab";  // boundaries: 0, 5, 6, 11, 14 and the end
  CHECK(boundary.next(text, 0) == 0);
  CHECK(boundary.next(text, 1) == 5);
  CHECK(boundary.next(text, 6) == 6);
  CHECK(boundary.next(text, 7) == 11);
  CHECK(boundary.next(text, 12) == 14);  // within the ideograph
  CHECK(boundary.next(text, 15) == 16);
  CHECK(boundary.previous(text, 15, 100) == 14);
  CHECK(boundary.previous(text, 13, 100) == 11);
  CHECK(boundary.previous(text, 10, 4) == 6);
  CHECK(boundary.previous(text, 10, 3) == TextBoundary::kNone);
  CHECK(boundary.previous(text, 4, 100) == 0);
}

TEST_CASE("an added token is not cut, even by its own punctuation") {
  json tokenizer = tiny_tokenizer_json();
  tokenizer["added_tokens"] = json::array({added_token(kMask, "[MASK]")});
  const auto loaded = load(tokenizer);
  CHECK(loaded->boundary().next("a [MASK] b", 3) == 9);
  CHECK(loaded->boundary().next("a [masc] b", 3) == 3);
}

}  // namespace
}  // namespace pointsman::test

#include "text/word_piece.h"

#include <string>

#include "doctest/doctest.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

WordPiece model(const std::string& prefix, const std::vector<std::string>& words) {
  WordPieceOptions options;
  options.unknown_token = "?";
  options.continuing_prefix = prefix;
  options.max_chars_per_word = 100;
  std::int32_t id = 0;
  for (const std::string& word : words) options.vocabulary[word] = id++;
  options.vocabulary["?"] = 99;
  return WordPiece(options);
}

Ids pieces(const WordPiece& word_piece, std::string_view word) {
  Ids ids;
  word_piece.append(word, ids);
  return ids;
}

TEST_CASE("the longest piece wins at every step, without looking back") {
  const WordPiece greedy = model("##", {"a", "ab", "##b", "##bc", "##c", "##cd"});
  CHECK(pieces(greedy, "ab") == Ids{1});
  CHECK(pieces(greedy, "abbc") == Ids{1, 3});
  CHECK(pieces(greedy, "abccd") == Ids{1, 4, 5});
  CHECK(pieces(greedy, "abcd") == Ids{1, 5});
  // a + ##bc + ##x would be no better: the whole word is unknown.
  CHECK(pieces(greedy, "abbcx") == Ids{99});
  CHECK(pieces(greedy, "b") == Ids{99});
}

TEST_CASE("an unknown word takes back only its own pieces") {
  Ids ids{7};
  model("##", {"a"}).append("ax", ids);
  CHECK(ids == Ids{7, 99});
}

TEST_CASE("pieces of every length are found, first in a word and further on") {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t length = 1; length <= 80; ++length) {
    word += static_cast<char>('a' + length % 26);
    words.push_back(word);
    words.push_back("##" + word);
  }
  words.emplace_back("!");
  const WordPiece word_piece = model("##", words);
  for (std::int32_t id = 0; id < 160; id += 2) {
    const std::string& piece = words[static_cast<std::size_t>(id)];
    CHECK(pieces(word_piece, piece) == Ids{id});
    CHECK(pieces(word_piece, "!" + piece) == Ids{160, id + 1});
  }
}

TEST_CASE("the continuing prefix may be another or empty") {
  CHECK(pieces(model("@@", {"a", "@@b", "##b"}), "ab") == Ids{0, 1});
  CHECK(pieces(model("", {"a", "b"}), "abba") == Ids{0, 1, 1, 0});
  CHECK(pieces(model("##", {"a", "##"}), "aa") == Ids{99});
}

}  // namespace
}  // namespace pointsman::test

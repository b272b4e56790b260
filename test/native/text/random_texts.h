// Texts of pieces that tokenise awkwardly, by seed.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace pointsman::test {

// What a cut could go wrong at: words of one and several tokens, overlong words, accents composed and not,
// lone combining marks, ideographs, emoji, punctuation that normalises, removed characters, ill-formed UTF-8,
// and the added tokens [MASK] and [SEP].
inline const std::vector<std::string>& awkward_pieces() {
  static const std::vector<std::string> pieces = {"hello",
                                                  "world",
                                                  "ab",
                                                  "a",
                                                  "aaaaaaaaaaaaaaaaaaaaaa",
                                                  "b",
                                                  " ",
                                                  " ",
                                                  "\n",
                                                  "\t ",
                                                  "\u00a0",
                                                  "\u3000",
                                                  ",",
                                                  "!",
                                                  "[",
                                                  "]",
                                                  "[MASK]",
                                                  "[SEP]",
                                                  "[[MASK",
                                                  "\u4e2d",
                                                  "\u6587",
                                                  "\uf900",
                                                  "\u3002",
                                                  "\u00e9",
                                                  "e\u0301",
                                                  "\u0301",
                                                  "\u302e",
                                                  "\u037e",
                                                  "\u2260",
                                                  "\U0001f600",
                                                  "\U0001f9d1\u200d\U0001f33e",
                                                  "\u200b",
                                                  "\x01",
                                                  "\xff",
                                                  "\xe4\xb8",
                                                  "\x80\x80",
                                                  "\uac01",
                                                  "\u0130",
                                                  "\u03a3"};
  return pieces;
}

inline std::string random_text(std::mt19937& random, std::size_t count) {
  const std::vector<std::string>& pieces = awkward_pieces();
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace pointsman::test

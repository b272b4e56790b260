// BertPreTokenizer and WordPiece on a stream of normalised characters: words end at white space and at
// punctuation, and every punctuation character is a word.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "text/normalizer.h"
#include "text/token_sink.h"
#include "text/word_piece.h"

namespace pointsman {

class WordBuilder {
 public:
  WordBuilder(const Normalizer& normalizer, const WordPiece& model, TokenSink& sink);

  void push(NormalizedChar c);

  // Reads ASCII bytes that neither end a word nor are removed, from `begin` on, and returns the offset of the
  // first byte that is not one. Returns early once the sink is full.
  std::size_t take_ascii(std::string_view text, std::size_t begin, std::size_t end);

  // A punctuation character of ASCII, whose source ends at `end`.
  void take_punctuation(char c, std::size_t end);

  // Characters up to `end` left nothing; where a word is open they belong to it.
  void cover(std::size_t end) noexcept {
    if (chars_ > 0) end_ = end;
  }

  void end_word();

 private:
  void append(NormalizedChar c);
  bool overflows(std::size_t end);

  const Normalizer& normalizer_;
  const WordPiece& model_;
  TokenSink& sink_;
  std::vector<char> bytes_;  // UTF-8 of the word so far; grows, never beyond max_chars_per_word characters
  std::size_t size_ = 0;
  std::size_t chars_ = 0;
  bool overlong_ = false;  // answered with the unknown token already; the rest of the word is skipped
  std::size_t end_ = 0;    // source offset just after the last character
};

}  // namespace pointsman

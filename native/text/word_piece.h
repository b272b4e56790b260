// The WordPiece model: a word to token ids, greedily by the longest piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text/piece_table.h"

namespace pointsman {

struct WordPieceOptions {
  std::map<std::string, std::int32_t, std::less<>> vocabulary;
  std::string unknown_token;
  std::string continuing_prefix;
  std::size_t max_chars_per_word = 0;  // a longer word is unknown as a whole
};

class WordPiece {
 public:
  // The unknown token is in the vocabulary.
  explicit WordPiece(const WordPieceOptions& options);

  // Appends the pieces of a word of 1 to max_chars_per_word() characters; the unknown token alone where no
  // sequence of longest pieces covers it. Time is linear in the word's length.
  void append(std::string_view word, std::vector<std::int32_t>& ids) const;

  std::int32_t unknown_id() const noexcept { return unknown_id_; }
  std::size_t max_chars_per_word() const noexcept { return max_chars_per_word_; }

 private:
  PieceTable starts_;
  PieceTable continuations_;  // without their prefix
  std::int32_t unknown_id_;
  std::size_t max_chars_per_word_;
};

}  // namespace pointsman

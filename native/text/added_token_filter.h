// Finds the normalised added tokens in a stream of normalised characters and hands the rest on to the words.
#pragma once

#include <cstddef>
#include <vector>

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/token_sink.h"
#include "text/word_builder.h"

namespace pointsman {

class AddedTokenFilter {
 public:
  AddedTokenFilter(const AddedTokens& tokens, WordBuilder& words, TokenSink& sink)
      : patterns_(tokens.normalized()), words_(words), sink_(sink) {}

  void push(NormalizedChar c);

  // Characters up to `end` left nothing; they belong to the one before.
  void cover(std::size_t end) noexcept {
    if (head_ < queue_.size()) queue_.back().end = end;
  }

  // The text, or its part up to a raw added token, is over.
  void finish();

 private:
  void decide_front();
  const NormalizedPattern* match_front() const;
  bool touches_word(std::size_t length) const;
  void take_token(const NormalizedPattern& pattern);
  void release_front();

  const PatternSet<char32_t>& patterns_;
  WordBuilder& words_;
  TokenSink& sink_;
  std::vector<NormalizedChar> queue_;  // from head_ on: read, and not decided yet
  std::size_t head_ = 0;
  std::size_t hidden_ = 0;   // characters of a refused match, within which no other may begin
  bool after_word_ = false;  // whether the character before the head is a word character
};

}  // namespace pointsman

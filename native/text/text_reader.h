// Reads one text from front to back, no further than its token limit asks, and without copying it.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/added_token_filter.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/token_sink.h"
#include "text/word_builder.h"
#include "text/word_piece.h"

namespace pointsman {

class TextReader {
 public:
  TextReader(const Normalizer& normalizer, const AddedTokens& added, const WordPiece& model,
             std::string_view text, TokenSink& sink);

  // Until the text ends or the sink is full.
  void read();

 private:
  void read_with_raw_tokens();
  void read_between(std::size_t begin, std::size_t end);
  std::size_t take_run(std::size_t at, std::size_t end, Normalizer::Ascii kind);
  std::size_t read_non_ascii(std::size_t at, std::size_t end);
  void read_filtered(std::size_t begin, std::size_t end);
  void finish_part();

  const Normalizer& normalizer_;
  const AddedTokens& added_;
  std::string_view text_;
  TokenSink& sink_;
  WordBuilder words_;
  AddedTokenFilter filter_;
  PendingMarks marks_;
};

}  // namespace pointsman

#include "text/text_reader.h"

#include <algorithm>

#include "text/utf8.h"

namespace pointsman {
namespace {

// How far raw added tokens are looked for ahead of the words: enough for memchr to pay, little beside a
// text's cost.
constexpr std::size_t kWindow = 2048;

}  // namespace

TextReader::TextReader(const Normalizer& normalizer, const AddedTokens& added, const WordPiece& model,
                       std::string_view text, TokenSink& sink)
    : normalizer_(normalizer),
      added_(added),
      text_(text),
      sink_(sink),
      words_(normalizer, model, sink),
      filter_(added, words_, sink) {}

void TextReader::read() {
  if (added_.has_raw()) {
    read_with_raw_tokens();
  } else {
    read_between(0, text_.size());
  }
  finish_part();
}

void TextReader::read_with_raw_tokens() {
  std::size_t begin = 0;  // of the text that is not read yet
  std::size_t search =
      0;  // where the search goes on; before `begin` where the last token stripped white space
  std::size_t window = kWindow;
  while (std::min(begin, search) < text_.size() && !sink_.full()) {
    const std::size_t window_end = utf8_boundary(text_, begin + window);
    const RawMatch match = added_.find_raw(text_, search, window_end);
    if (match.token == nullptr) {
      // White space at the end stays for the next window, for a token there may strip it.
      const bool is_last = window_end == text_.size();
      const std::size_t end = is_last ? window_end : skip_space_before(text_, window_end, begin);
      window = end == begin ? 2 * window : kWindow;
      read_between(begin, end);
      begin = end;
      continue;
    }
    const std::size_t part_end =
        match.token->lstrip ? skip_space_before(text_, match.begin, begin) : match.begin;
    read_between(begin, part_end);
    finish_part();
    if (sink_.full()) break;
    sink_.add(match.token->id, match.end);
    begin = match.token->rstrip ? skip_space(text_, match.end) : match.end;
  }
}

// [begin, end) has no raw added token, and its text may go on in the next call. Nothing where begin >= end.
void TextReader::read_between(std::size_t begin, std::size_t end) {
  if (added_.has_normalized()) return read_filtered(begin, end);
  for (std::size_t at = begin; at < end && !sink_.full();) {
    const Normalizer::Ascii kind = normalizer_.ascii_kind(static_cast<unsigned char>(text_[at]));
    at = kind == Normalizer::Ascii::kNotAscii ? read_non_ascii(at, end) : take_run(at, end, kind);
  }
}

// At least one ASCII character.
std::size_t TextReader::take_run(std::size_t at, std::size_t end, Normalizer::Ascii kind) {
  if (kind == Normalizer::Ascii::kRemoved) {
    words_.cover(at + 1);
    return at + 1;
  }
  if (!marks_.empty()) normalizer_.finish(marks_, [&](NormalizedChar c) { words_.push(c); });
  switch (kind) {
    case Normalizer::Ascii::kWord:
      return words_.take_ascii(text_, at, end);
    case Normalizer::Ascii::kPunctuation:
      words_.take_punctuation(text_[at], at + 1);
      return at + 1;
    default:
      words_.end_word();
      return at + 1;
  }
}

std::size_t TextReader::read_non_ascii(std::size_t at, std::size_t end) {
  const auto emit = [&](NormalizedChar c) { words_.push(c); };
  while (at < end && static_cast<unsigned char>(text_[at]) >= 0x80 && !sink_.full()) {
    const DecodedChar decoded = decode_utf8(text_, at);
    normalizer_.push(decoded.code_point, at, at + decoded.length, marks_, emit);
    at += decoded.length;
    words_.cover(at);
  }
  return at;
}

void TextReader::read_filtered(std::size_t begin, std::size_t end) {
  const auto emit = [&](NormalizedChar c) { filter_.push(c); };
  for (std::size_t at = begin; at < end && !sink_.full();) {
    const DecodedChar decoded = decode_utf8(text_, at);
    normalizer_.push(decoded.code_point, at, at + decoded.length, marks_, emit);
    at += decoded.length;
    filter_.cover(at);
  }
}

void TextReader::finish_part() {
  if (added_.has_normalized()) {
    normalizer_.finish(marks_, [&](NormalizedChar c) { filter_.push(c); });
    filter_.finish();
  } else {
    normalizer_.finish(marks_, [&](NormalizedChar c) { words_.push(c); });
  }
  words_.end_word();
}

}  // namespace pointsman

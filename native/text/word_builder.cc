#include "text/word_builder.h"

#include <algorithm>

#include "text/unicode_tables.h"
#include "text/utf8.h"

namespace pointsman {
namespace {

// ASCII is copied in steps of this many bytes, so that room is checked once a step. Covers nearly every word.
constexpr std::size_t kStep = 64;
constexpr std::size_t kMaxUtf8Length = 4;

}  // namespace

WordBuilder::WordBuilder(const Normalizer& normalizer, const WordPiece& model, TokenSink& sink)
    : normalizer_(normalizer), model_(model), sink_(sink), bytes_(2 * kStep) {}

void WordBuilder::push(NormalizedChar c) {
  const std::uint8_t kind = unicode::char_class(c.code_point);
  if ((kind & unicode::kSpace) != 0) return end_word();
  if ((kind & unicode::kPunctuation) == 0) return append(c);
  end_word();
  append(c);
  end_word();
}

// Whether one more character, which ends at `end`, makes the word too long. The first that does tells the
// sink.
bool WordBuilder::overflows(std::size_t end) {
  if (chars_ < model_.max_chars_per_word()) return false;
  if (!overlong_ && !sink_.full()) sink_.add(model_.unknown_id(), end);
  overlong_ = true;
  return true;
}

void WordBuilder::append(NormalizedChar c) {
  end_ = std::max(end_, c.end);
  if (overflows(c.end)) return;
  if (bytes_.size() < size_ + kMaxUtf8Length) bytes_.resize(2 * bytes_.size());
  size_ += encode_utf8(c.code_point, bytes_.data() + size_);
  ++chars_;
}

std::size_t WordBuilder::take_ascii(std::string_view text, std::size_t begin, std::size_t end) {
  const auto is_word = [&](std::size_t at) {
    return normalizer_.ascii_kind(static_cast<unsigned char>(text[at])) == Normalizer::Ascii::kWord;
  };
  std::size_t at = begin;
  while (at < end && is_word(at)) {
    if (overflows(at + 1)) {
      if (sink_.full()) return at;
      while (at < end && is_word(at)) ++at;
      end_ = at;
      return at;
    }
    if (bytes_.size() < size_ + kStep) bytes_.resize(2 * bytes_.size());
    const std::size_t room = std::min(kStep, model_.max_chars_per_word() - chars_);
    const std::size_t step_begin = at;
    const std::size_t step_end = std::min(end, at + room);
    for (; at < step_end && is_word(at); ++at) {
      bytes_[size_++] = normalizer_.ascii_value(static_cast<unsigned char>(text[at]));
    }
    chars_ += at - step_begin;
    end_ = at;
  }
  return at;
}

void WordBuilder::take_punctuation(char c, std::size_t end) {
  end_word();
  append({static_cast<unsigned char>(c), end});
  end_word();
}

void WordBuilder::end_word() {
  if (chars_ > 0 && !overlong_ && !sink_.full()) {
    model_.append({bytes_.data(), size_}, sink_.ids());
    sink_.close(end_);
  }
  size_ = 0;
  chars_ = 0;
  overlong_ = false;
}

}  // namespace pointsman

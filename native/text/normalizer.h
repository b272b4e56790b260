// BertNormalizer, one character at a time: clean, pad CJK, strip accents, lower-case.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/unicode_tables.h"

namespace pointsman {

struct NormalizerOptions {
  bool clean_text = false;            // drop control characters, turn white space into spaces
  bool handle_chinese_chars = false;  // put spaces around ideographs
  bool strip_accents = false;         // canonical decomposition without nonspacing marks
  bool lowercase = false;             // character by character: no final sigma, no locale
};

// A character of the normalised text.
struct NormalizedChar {
  char32_t code_point;
  std::size_t end;  // offset in the source just after the character this one came from
};

// Characters with a combining class that wait for the next starter, to leave in canonical order.
class PendingMarks {
 public:
  bool empty() const noexcept { return marks_.empty(); }
  // More in a row than this are ordered this many at a time, so memory is bounded: the idea of the
  // stream-safe text format (UAX #15), whose limit is 30. A word of that many characters is [UNK] in any
  // order.
  bool full() const noexcept { return marks_.size() >= kMaxMarks; }
  void add(NormalizedChar mark) { marks_.push_back(mark); }

  template <typename Emit>
  void flush(Emit&& emit) {
    sort();
    for (const NormalizedChar& mark : marks_) emit(mark);
    marks_.clear();
  }

 private:
  static constexpr std::size_t kMaxMarks = 4096;

  void sort();

  std::vector<NormalizedChar> marks_;
};

class Normalizer {
 public:
  // What an ASCII byte is to the pre-tokeniser once normalised.
  enum class Ascii : std::uint8_t { kWord, kPunctuation, kSpace, kRemoved, kNotAscii };

  explicit Normalizer(NormalizerOptions options);

  Ascii ascii_kind(unsigned char byte) const noexcept { return ascii_kind_[byte]; }
  // For bytes below 128 that are not removed.
  char ascii_value(unsigned char byte) const noexcept { return ascii_value_[byte]; }

  // Whether this character of the source is white space to the pre-tokeniser.
  bool is_space(char32_t c) const noexcept;
  // Whether it parts the words on its two sides whatever it stands between. Some punctuation that
  // normalisation changes does too, and is not told here.
  bool separates_words(char32_t c) const noexcept;

  // Emits what the source character at [begin, end) becomes, after the marks that wait for it.
  template <typename Emit>
  void push(char32_t c, std::size_t begin, std::size_t end, PendingMarks& marks, Emit&& emit) const {
    const std::uint8_t kind = unicode::char_class(c);
    if (options_.clean_text) {
      if ((kind & unicode::kRemoved) != 0) return;
      if ((kind & unicode::kSpace) != 0) return order({U' ', end}, marks, emit);
    }
    const bool padded = options_.handle_chinese_chars && (kind & unicode::kCjk) != 0;
    if (padded) order({U' ', begin}, marks, emit);
    if (options_.strip_accents && (kind & unicode::kFolds) != 0) {
      const unicode::Mapping folded = unicode::fold(c);
      // A nonspacing mark without a combining class leaves nothing, and yet none moves past it.
      if (folded.length == 0 && (kind & unicode::kReorders) == 0) finish(marks, emit);
      for (const char32_t part : folded) order({part, end}, marks, emit);
    } else {
      order({c, end}, marks, emit);
    }
    if (padded) order({U' ', end}, marks, emit);
  }

  // To be called at the end of a text.
  template <typename Emit>
  void finish(PendingMarks& marks, Emit&& emit) const {
    marks.flush([&](NormalizedChar mark) { lower(mark, emit); });
  }

  // A whole text at once.
  std::u32string normalize(std::string_view text) const;

 private:
  template <typename Emit>
  void order(NormalizedChar c, PendingMarks& marks, Emit&& emit) const {
    const bool reorders =
        options_.strip_accents && (unicode::char_class(c.code_point) & unicode::kReorders) != 0;
    if (!marks.empty() && (!reorders || marks.full())) finish(marks, emit);
    if (reorders) return marks.add(c);
    lower(c, emit);
  }

  template <typename Emit>
  void lower(NormalizedChar c, Emit&& emit) const {
    if (!options_.lowercase || (unicode::char_class(c.code_point) & unicode::kLowers) == 0) return emit(c);
    for (const char32_t lowered : unicode::lower(c.code_point)) emit(NormalizedChar{lowered, c.end});
  }

  NormalizerOptions options_;
  std::array<Ascii, 256> ascii_kind_{};
  std::array<char, 128> ascii_value_{};
};

}  // namespace pointsman

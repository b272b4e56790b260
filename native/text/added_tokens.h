// Added tokens ("[SEP]", "[MASK]"): strings that are found in the text before words are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/normalizer.h"

namespace pointsman {

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool single_word = false;  // only where no word character (\w) touches it
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and after it
  bool normalized = false;   // is looked for in the normalised text, itself normalised
};

// Patterns over bytes or over code points, by first character and falling length.
template <typename Char>
class PatternSet {
 public:
  struct Pattern {
    std::basic_string<Char> content;  // not empty
    AddedToken token;
  };

  PatternSet() = default;
  // Of equal patterns the first one wins.
  explicit PatternSet(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {
    std::stable_sort(patterns_.begin(), patterns_.end(), [](const Pattern& a, const Pattern& b) {
      if (a.content[0] != b.content[0]) return a.content[0] < b.content[0];
      return a.content.size() > b.content.size();
    });
    for (const Pattern& pattern : patterns_) longest_ = std::max(longest_, pattern.content.size());
  }

  bool empty() const noexcept { return patterns_.empty(); }
  std::size_t longest() const noexcept { return longest_; }
  std::span<const Pattern> patterns() const noexcept { return patterns_; }

  // The longest pattern that `matches`, among those that begin with `first`; or null.
  template <typename Matches>
  const Pattern* find_longest(Char first, Matches&& matches) const {
    auto at = std::lower_bound(patterns_.begin(), patterns_.end(), first,
                               [](const Pattern& pattern, Char key) { return pattern.content[0] < key; });
    for (; at != patterns_.end() && at->content[0] == first; ++at) {
      if (matches(at->content)) return &*at;
    }
    return nullptr;
  }

 private:
  std::vector<Pattern> patterns_;
  std::size_t longest_ = 0;
};

using RawPattern = PatternSet<char>::Pattern;
using NormalizedPattern = PatternSet<char32_t>::Pattern;

// A raw pattern found at [begin, end) of a text.
struct RawMatch {
  const AddedToken* token = nullptr;  // null: none
  std::size_t begin = 0;
  std::size_t end = 0;
};

class AddedTokens {
 public:
  // Throws kUnsupported for a token that the normaliser leaves nothing of: it would match everywhere.
  AddedTokens(const std::vector<AddedToken>& tokens, const Normalizer& normalizer);

  bool has_raw() const noexcept { return !raw_.empty(); }
  bool has_normalized() const noexcept { return !normalized_.empty(); }
  const PatternSet<char32_t>& normalized() const noexcept { return normalized_; }

  // Whether the content of a raw token stands across `offset`, or begins or ends there.
  bool touches_raw(std::string_view text, std::size_t offset) const;

  // The first match that begins in [from, to). `from` moves to where the search goes on.
  RawMatch find_raw(std::string_view text, std::size_t& from, std::size_t to) const;

 private:
  std::size_t find_first_byte(std::string_view text, std::size_t from, std::size_t to) const;

  PatternSet<char> raw_;
  PatternSet<char32_t> normalized_;
  std::array<bool, 256> begins_raw_{};
};

bool is_word_character(char32_t c) noexcept;

// The end of the white space that begins at `offset`, and the begin (at least `floor`) of that which ends
// there.
std::size_t skip_space(std::string_view text, std::size_t offset);
std::size_t skip_space_before(std::string_view text, std::size_t offset, std::size_t floor);

}  // namespace pointsman

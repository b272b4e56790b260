// Where a text can be cut so that the tokens of the two sides are those of the whole.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/added_tokens.h"
#include "text/normalizer.h"

namespace pointsman {

// A boundary lies beside white space, punctuation or an ideograph that is a word of its own, and touches no
// added token. With normalised added tokens it lies beside white space only, and one of them that itself
// holds white space may be cut. Both ends of a text are boundaries.
class TextBoundary {
 public:
  TextBoundary(const Normalizer& normalizer, const AddedTokens& added)
      : normalizer_(normalizer), added_(added) {}

  // The first boundary at or after `offset`. Reads little more than the bytes it passes.
  std::size_t next(std::string_view text, std::size_t offset) const;

  // The last boundary at or before `offset`, or kNone where the `max_bytes` before it hold none.
  std::size_t previous(std::string_view text, std::size_t offset, std::size_t max_bytes) const;

  static constexpr std::size_t kNone = std::string_view::npos;

 private:
  bool is_boundary(std::string_view text, std::size_t offset) const;
  bool separates(char32_t c) const;

  const Normalizer& normalizer_;
  const AddedTokens& added_;
};

}  // namespace pointsman

// What an encoder reads of a text that is longer than its token limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace pointsman {

enum class TextView {
  kHead,           // the first tokens that fit
  kHeadFocusTail,  // the first and the last tokens, and those from where the last user's part begins
};

// Appends the ids of `text` with its special tokens to `ids`, `max_tokens` at most in all, and returns how
// many. max_tokens: at least the special tokens, checked (kInvalidArgument).
//
// A text that fits is read whole, to the same ids under every view. Of a longer one, head-focus-tail keeps
// head, focus and tail in the order of the text, without overlap and with nothing between them. The focus
// (see focus.h) is left out where the head or the tail shows its begin already; its tokens are then the
// tail's. Tokens are those of the whole text; a part may begin or end within a word.
//
// Work under head-focus-tail is bounded by the limit and not by the text: of a text of more than 64 bytes a
// token of the limit (1,024 at least), the first 64 and the last 256 bytes a token are all that is read. So
// a text whose few tokens lie further apart than that (kilobytes of white space between words) counts as too
// long, and what lies in its middle is left out although it would fit.
std::size_t encode_view(const WordPieceTokenizer& tokenizer, TextView view, std::string_view text,
                        std::size_t max_tokens, std::vector<std::int32_t>& ids);

}  // namespace pointsman

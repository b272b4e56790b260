#include "text/text_view.h"

#include <algorithm>
#include <span>

#include "text/focus.h"
#include "text/text_boundary.h"
#include "text/utf8.h"

namespace pointsman {
namespace {

using Ids = std::vector<std::int32_t>;

// English has 4 to 5 bytes a token, code and ideographs 3, an indented table 20. Eight of them nearly always
// hold the tokens wanted at the end of a text; where they do not, more is read, up to the most.
constexpr std::size_t kLikelyBytesPerToken = 8;
constexpr std::size_t kMaxBytesPerToken = 64;
constexpr std::size_t kFocusBytesPerToken = 256;  // looking for marks is much cheaper than tokenising
constexpr std::size_t kMinWindow = 1024;

// A longer word is one unknown token (max_input_chars_per_word is 100 in BERT), cut or not.
constexpr std::size_t kMaxWordBytes = 512;

constexpr std::size_t window_for(std::size_t tokens, std::size_t bytes_per_token) {
  return std::max(kMinWindow, tokens * bytes_per_token);
}

// How a long text's tokens are shared out. Without a focus its share is the tail's.
struct Shares {
  explicit Shares(std::size_t tokens) : head(tokens / 4), focus(tokens / 4), tail(tokens - head - focus) {}

  std::size_t head;
  std::size_t focus;
  std::size_t tail;
};

// The end of a text from `begin` on, with its tokens.
struct Window {
  std::size_t begin;
  Ids ids;
};

// The last tokens of a window. Those from the first whole word on begin at `begin`.
struct Tail {
  std::size_t begin;
  std::span<const std::int32_t> ids;
};

// The begin of a text: all that is read there of `tokens` tokens. Cut where no word is, or within one that is
// unknown for its length.
std::string_view front_of(const WordPieceTokenizer& tokenizer, std::string_view text, std::size_t tokens) {
  const std::size_t window = window_for(tokens, kMaxBytesPerToken);
  if (text.size() <= window) return text;
  const std::size_t cut = tokenizer.boundary().previous(text, window, kMaxWordBytes);
  return text.substr(0, cut == TextBoundary::kNone ? utf8_boundary(text, window) : cut);
}

class LongText {
 public:
  LongText(const WordPieceTokenizer& tokenizer, std::string_view text) : tokenizer_(tokenizer), text_(text) {}

  // Appends `tokens` ids at most.
  void encode(std::string_view front, std::size_t tokens, Ids& ids) const {
    const Shares shares(tokens);
    const std::size_t head_end = tokenizer_.count(front, shares.head).bytes_read;
    const Window window = read_window(head_end, tokens - shares.head);
    Tail tail = last_of(window, tokens - shares.head);
    const std::size_t focus = find_focus(text_, window_for(tokens, kFocusBytesPerToken));
    Ids focus_ids;
    std::size_t front_end = tail.begin;
    if (focus != kNoFocus && head_end <= focus && focus < tail.begin) {
      tail = last_of(window, shares.tail);
      const std::string_view part = text_.substr(focus, tail.begin - focus);
      tokenizer_.encode_part(front_of(tokenizer_, part, shares.focus), shares.focus, focus_ids);
      front_end = focus;
    }
    const std::size_t rest =
        tokens - focus_ids.size() - tail.ids.size();  // its share, where the others are full
    tokenizer_.encode_part(front.substr(0, front_end), rest, ids);
    ids.insert(ids.end(), focus_ids.begin(), focus_ids.end());
    ids.insert(ids.end(), tail.ids.begin(), tail.ids.end());
  }

 private:
  // The end of the text, from `floor` on at most, with `tokens` tokens or more where there are so many.
  Window read_window(std::size_t floor, std::size_t tokens) const {
    const std::size_t most = window_for(tokens, kMaxBytesPerToken);
    for (std::size_t bytes = window_for(tokens, kLikelyBytesPerToken);; bytes *= 2) {
      bytes = std::min(bytes, most);
      const std::size_t from = std::max(floor, text_.size() - std::min(bytes, text_.size()));
      Window window{tokenizer_.boundary().next(text_, from), {}};
      const std::string_view part = text_.substr(window.begin);
      tokenizer_.encode_part(part, part.size(), window.ids);
      if (window.ids.size() >= tokens || from == floor || bytes == most) return window;
    }
  }

  Tail last_of(const Window& window, std::size_t tokens) const {
    if (window.ids.size() <= tokens) return {window.begin, window.ids};
    const std::size_t dropped = window.ids.size() - tokens;
    const std::size_t bytes = tokenizer_.count(text_.substr(window.begin), dropped).bytes_read;
    return {window.begin + bytes, std::span(window.ids).subspan(dropped)};
  }

  const WordPieceTokenizer& tokenizer_;
  std::string_view text_;
};

}  // namespace

std::size_t encode_view(const WordPieceTokenizer& tokenizer, TextView view, std::string_view text,
                        std::size_t max_tokens, std::vector<std::int32_t>& ids) {
  const std::size_t special = tokenizer.num_special_tokens();
  if (view == TextView::kHead || max_tokens <= special) return tokenizer.encode(text, max_tokens, ids);
  const std::size_t tokens = max_tokens - special;
  const auto& [before, after] = tokenizer.special_tokens();
  const std::size_t first = ids.size();
  ids.insert(ids.end(), before.begin(), before.end());
  const std::size_t content = ids.size();
  const std::string_view front = front_of(tokenizer, text, tokens);
  const std::size_t in_front = tokenizer.encode_part(front, tokens + 1, ids);
  if (in_front > tokens || front.size() < text.size()) {
    ids.resize(content);
    LongText(tokenizer, text).encode(front, tokens, ids);
  }
  ids.insert(ids.end(), after.begin(), after.end());
  return ids.size() - first;
}

}  // namespace pointsman

#include "text/focus.h"

#include <algorithm>
#include <array>

namespace pointsman {
namespace {

// ChatML, Llama 3, Gemma, Zephyr and Phi, Llama 2 and Mistral.
constexpr std::array<std::string_view, 5> kControlWords = {"<|im_start|>user", "<|start_header_id|>user",
                                                           "<start_of_turn>user", "<|user|>", "[inst]"};

// No title begins with one that stands before it.
constexpr std::array<std::string_view, 7> kTitles = {"user",  "human",       "question", "problem",
                                                     "input", "instruction", "q"};

// Enough for "  > ### **" before a title and " 12**" behind it; bounds the work of a line.
constexpr std::size_t kMaxDecoration = 16;

bool begins_with(std::string_view text, std::string_view lower) {
  const auto lowers_to = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return text.size() >= lower.size() &&
         std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(lower.size()), lower.begin(),
                    lowers_to);
}

// Removes the leading characters of `text` that are in `set`, kMaxDecoration at most, and returns them.
std::string_view take_any_of(std::string_view set, std::string_view& text) {
  const std::string_view front = text.substr(0, kMaxDecoration);
  const std::string_view taken = front.substr(0, front.find_first_not_of(set));
  text.remove_prefix(taken.size());
  return taken;
}

// Linear over all marks of a text: what it passes holds no other mark.
bool has_text(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

bool begins_with_control_word(std::string_view text) {
  return std::any_of(kControlWords.begin(), kControlWords.end(), [&](std::string_view word) {
    return begins_with(text, word) && has_text(text.substr(word.size()));
  });
}

// "Question:", "Q1:", "**User**:"; without the colon where it is a heading that has its line for itself.
bool begins_with_title(std::string_view line) {
  const bool is_heading = take_any_of(" \t>*#", line).find('#') != std::string_view::npos;
  const auto title = std::find_if(kTitles.begin(), kTitles.end(),
                                  [&](std::string_view word) { return begins_with(line, word); });
  if (title == kTitles.end()) return false;
  line.remove_prefix(title->size());
  take_any_of(" \t*0123456789", line);
  if (line.empty()) return false;
  const bool ends = line[0] == ':' || (is_heading && (line[0] == '\n' || line[0] == '\r'));
  return ends && has_text(line.substr(1));
}

// The last offset from `from` on with the character `c` where `matches`, or kNoFocus. Runs forward, for
// memchr is many times faster than a loop that runs backward.
template <typename Matches>
std::size_t find_last(std::string_view text, char c, std::size_t from, Matches&& matches) {
  std::size_t last = kNoFocus;
  for (std::size_t at = text.find(c, from); at != std::string_view::npos; at = text.find(c, at + 1)) {
    if (matches(at)) last = at;
  }
  return last;
}

}  // namespace

std::size_t find_focus(std::string_view text, std::size_t max_bytes) {
  const std::size_t floor = text.size() - std::min(max_bytes, text.size());
  const auto is_control_word = [&](std::size_t at) { return begins_with_control_word(text.substr(at)); };
  const std::size_t angled = find_last(text, '<', floor, is_control_word);
  const std::size_t squared = find_last(text, '[', floor, is_control_word);
  if (angled != kNoFocus && squared != kNoFocus) return std::max(angled, squared);
  if (angled != kNoFocus || squared != kNoFocus) return std::min(angled, squared);
  const auto precedes_title = [&](std::size_t at) { return begins_with_title(text.substr(at + 1)); };
  const std::size_t line_end = find_last(text, '\n', floor, precedes_title);
  if (line_end != kNoFocus) return line_end + 1;
  return floor == 0 && begins_with_title(text) ? 0 : kNoFocus;
}

}  // namespace pointsman

#include "text/added_token_filter.h"

namespace pointsman {
namespace {

// Decided characters are dropped from the queue this many at a time.
constexpr std::size_t kCompactAfter = 4096;

}  // namespace

void AddedTokenFilter::push(NormalizedChar c) {
  queue_.push_back(c);
  // The longest pattern, and the character after it for single_word.
  if (queue_.size() - head_ > patterns_.longest()) decide_front();
  if (head_ >= kCompactAfter) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void AddedTokenFilter::finish() {
  while (head_ < queue_.size()) decide_front();
  queue_.clear();
  head_ = 0;
  hidden_ = 0;
  after_word_ = false;
}

void AddedTokenFilter::decide_front() {
  if (hidden_ > 0) {
    --hidden_;
    return release_front();
  }
  const NormalizedPattern* pattern = match_front();
  if (pattern == nullptr) return release_front();
  if (!pattern->token.single_word || !touches_word(pattern->content.size())) return take_token(*pattern);
  hidden_ = pattern->content.size() - 1;
  release_front();
}

const NormalizedPattern* AddedTokenFilter::match_front() const {
  return patterns_.find_longest(queue_[head_].code_point, [&](const std::u32string& content) {
    if (content.size() > queue_.size() - head_) return false;
    for (std::size_t i = 0; i < content.size(); ++i) {
      if (queue_[head_ + i].code_point != content[i]) return false;
    }
    return true;
  });
}

bool AddedTokenFilter::touches_word(std::size_t length) const {
  const std::size_t after = head_ + length;
  return after_word_ || (after < queue_.size() && is_word_character(queue_[after].code_point));
}

void AddedTokenFilter::take_token(const NormalizedPattern& pattern) {
  words_.end_word();
  head_ += pattern.content.size();
  const NormalizedChar& last = queue_[head_ - 1];
  if (!sink_.full()) sink_.add(pattern.token.id, last.end);
  after_word_ = is_word_character(last.code_point);
}

void AddedTokenFilter::release_front() {
  const NormalizedChar c = queue_[head_++];
  after_word_ = is_word_character(c.code_point);
  words_.push(c);
}

}  // namespace pointsman

// Where a text's token ids go, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pointsman {

class TokenSink {
 public:
  enum class Mode { kKeep, kCount };

  // Appends to `ids`, or with kCount only uses it as scratch.
  TokenSink(std::vector<std::int32_t>& ids, std::size_t limit, Mode mode)
      : ids_(ids), start_(ids.size()), limit_(limit), mode_(mode) {}

  // Token ids of one word or added token are appended here, then closed.
  std::vector<std::int32_t>& ids() noexcept { return ids_; }

  // `end`: offset in the text just after what the ids stand for.
  void close(std::size_t end) noexcept {
    end_ = end;
    if (mode_ == Mode::kCount) {
      counted_ += ids_.size() - start_;
      ids_.resize(start_);
    }
  }

  void add(std::int32_t id, std::size_t end) {
    ids_.push_back(id);
    close(end);
  }

  std::size_t tokens() const noexcept { return counted_ + (ids_.size() - start_); }
  bool full() const noexcept { return tokens() >= limit_; }
  std::size_t end() const noexcept { return end_; }

 private:
  std::vector<std::int32_t>& ids_;
  std::size_t start_;
  std::size_t limit_;
  Mode mode_;
  std::size_t counted_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pointsman

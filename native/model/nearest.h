// The k largest similarities of a stream, with a fixed order among equals.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace pointsman {

struct Neighbour {
  float similarity;
  std::size_t row;
};

// Of equally similar rows the lower is the nearer.
inline bool is_nearer(const Neighbour& a, const Neighbour& b) {
  return a.similarity > b.similarity || (a.similarity == b.similarity && a.row < b.row);
}

// A heap of at most k neighbours whose front is the farthest. Similarities are finite.
class Nearest {
 public:
  explicit Nearest(std::size_t k) : k_(k) { heap_.reserve(k); }

  void offer(const Neighbour& candidate) {
    if (heap_.size() == k_) {
      if (!is_nearer(candidate, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), is_nearer);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), is_nearer);
  }

  // A candidate of less similarity would not be taken.
  float least() const {
    return heap_.size() < k_ ? -std::numeric_limits<float>::infinity() : heap_.front().similarity;
  }

  // Nearest first. Empties the heap.
  std::vector<Neighbour> take() {
    std::sort(heap_.begin(), heap_.end(), is_nearer);
    return std::move(heap_);
  }

 private:
  std::size_t k_;
  std::vector<Neighbour> heap_;
};

}  // namespace pointsman

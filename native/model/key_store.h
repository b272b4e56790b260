// Stored prompts, and the search for those nearest to others.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model/nearest.h"
#include "model/packed_matrix.h"

namespace pointsman {

class KeyStore {
 public:
  // keys: [rows, dimension], row-major, of at least one row.
  KeyStore(std::span<const float> keys, std::size_t dimension, const KernelTable& table);

  std::size_t dimension() const noexcept { return dimension_; }
  std::size_t rows() const noexcept { return rows_; }
  std::vector<float> values() const;  // the keys again

  // Called with the index of a prompt and its neighbours.
  using Visitor = std::function<void(std::size_t, const std::vector<Neighbour>&)>;

  // For each of `count` prompts [count, dimension()], in order: the k keys of the largest inner product with
  // it, nearest first; all of them where there are fewer. Throws kInvalidArgument where a product is not
  // finite.
  void visit_nearest(const float* prompts, std::size_t count, std::size_t k, const Visitor& visit) const;

 private:
  void search_block(const float* prompts, std::size_t count, std::span<Nearest> nearest) const;

  std::size_t dimension_;
  std::size_t rows_;
  std::vector<PackedMatrix> blocks_;
};

}  // namespace pointsman

#include "model/key_store.h"

#include <algorithm>

#include "model/head_checks.h"

namespace pointsman {
namespace {

// Similarities in flight: 16 prompts by 1,024 keys are 64 KiB. A key block is read once for 16 prompts, which
// makes a product over a large store compute bound rather than bound by memory.
constexpr std::size_t kPromptBlock = 16;
constexpr std::size_t kKeyBlock = 1024;

}  // namespace

KeyStore::KeyStore(std::span<const float> keys, std::size_t dimension, const KernelTable& table)
    : dimension_(dimension), rows_(keys.size() / dimension) {
  for (std::size_t first = 0; first < rows_; first += kKeyBlock) {
    const std::size_t rows = std::min(kKeyBlock, rows_ - first);
    blocks_.emplace_back(keys.subspan(first * dimension, rows * dimension), rows, dimension, table);
  }
}

std::vector<float> KeyStore::values() const {
  std::vector<float> keys;
  for (const PackedMatrix& block : blocks_) {
    const std::vector<float> values = block.values();
    keys.insert(keys.end(), values.begin(), values.end());
  }
  return keys;
}

void KeyStore::visit_nearest(const float* prompts, std::size_t count, std::size_t k,
                             const Visitor& visit) const {
  for (std::size_t first = 0; first < count; first += kPromptBlock) {
    std::vector<Nearest> nearest(std::min(kPromptBlock, count - first), Nearest(std::min(k, rows_)));
    search_block(prompts + first * dimension_, nearest.size(), nearest);
    for (std::size_t i = 0; i < nearest.size(); ++i) visit(first + i, nearest[i].take());
  }
}

void KeyStore::search_block(const float* prompts, std::size_t count, std::span<Nearest> nearest) const {
  std::vector<float> similarities(count * std::min(kKeyBlock, rows_));
  std::size_t first_row = 0;
  for (const PackedMatrix& keys : blocks_) {
    keys.multiply(prompts, count, nullptr, similarities.data());
    check_finite("similarities (inner products of embeddings and keys)",
                 {similarities.data(), count * keys.rows()});
    for (std::size_t i = 0; i < count; ++i) {
      const float* row = similarities.data() + i * keys.rows();
      Nearest& own = nearest[i];
      for (std::size_t j = 0; j < keys.rows(); ++j) own.offer({row[j], first_row + j});
    }
    first_row += keys.rows();
  }
}

}  // namespace pointsman

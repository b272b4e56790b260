#include "graph/nearest_rows.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/nearest.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// A product of 256 by 1,024 similarities is 1 MiB, which stays in L2, and its operands are read often enough
// for it to be compute bound.
constexpr std::size_t kRowBlock = 256;
constexpr std::size_t kKeyBlock = 1024;

std::size_t check(const NearestRowsArgs& args) {
  if (args.dimension == 0 || args.k == 0 || args.rows.size() % args.dimension != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "nearest rows: expected whole rows of at least one value and a k of at least 1");
  }
  const std::size_t rows = args.rows.size() / args.dimension;
  if (rows > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(ErrorCode::kInvalidArgument, "nearest rows: expected fewer than 2^31 rows");
  if (args.k >= rows) {
    throw Error(ErrorCode::kInvalidArgument, "nearest rows: expected a k below the number of rows, " +
                                                 std::to_string(rows) + ", got " + std::to_string(args.k));
  }
  if (args.first > rows || args.count > rows - args.first) {
    throw Error(ErrorCode::kInvalidArgument, "nearest rows: expected a part of " + std::to_string(rows) +
                                                 " rows, got " + std::to_string(args.count) + " from " +
                                                 std::to_string(args.first) + " on");
  }
  check_matrix("nearest rows: neighbours", args.neighbours.size(), args.count, args.k);
  check_matrix("nearest rows: similarities", args.similarities.size(), args.count, args.k);
  check_finite("nearest rows: rows", args.rows);
  return rows;
}

// Offers a row the keys of a block, itself left out. Few are near enough to be more than compared.
void offer_keys(std::span<const float> similarities, std::size_t first_key, std::size_t own_row,
                Nearest& nearest) {
  float least = nearest.least();
  for (std::size_t j = 0; j < similarities.size(); ++j) {
    if (similarities[j] < least || first_key + j == own_row) continue;
    nearest.offer({similarities[j], first_key + j});
    least = nearest.least();
  }
}

}  // namespace

void nearest_rows(const NearestRowsArgs& args, const KernelTable& table) {
  const std::size_t rows = check(args);
  std::vector<Nearest> nearest;
  nearest.reserve(args.count);
  for (std::size_t i = 0; i < args.count; ++i) nearest.emplace_back(args.k);
  std::vector<float> similarities(std::min(kRowBlock, args.count) * std::min(kKeyBlock, rows));
  for (std::size_t key = 0; key < rows; key += kKeyBlock) {
    const std::size_t keys = std::min(kKeyBlock, rows - key);
    const PackedMatrix packed(args.rows.subspan(key * args.dimension, keys * args.dimension), keys,
                              args.dimension, table);
    for (std::size_t from = 0; from < args.count; from += kRowBlock) {
      const std::size_t block = std::min(kRowBlock, args.count - from);
      packed.multiply(args.rows.data() + (args.first + from) * args.dimension, block, nullptr,
                      similarities.data());
      check_finite("nearest rows: inner products", {similarities.data(), block * keys});
      for (std::size_t i = 0; i < block; ++i)
        offer_keys({similarities.data() + i * keys, keys}, key, args.first + from + i, nearest[from + i]);
    }
  }
  for (std::size_t i = 0; i < args.count; ++i) {
    const std::vector<Neighbour> found = nearest[i].take();
    for (std::size_t j = 0; j < args.k; ++j) {
      args.neighbours[i * args.k + j] = static_cast<std::int32_t>(found[j].row);
      args.similarities[i * args.k + j] = found[j].similarity;
    }
  }
}

}  // namespace pointsman

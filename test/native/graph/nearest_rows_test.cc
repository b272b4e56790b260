// Neighbours of rows against a sort of all inner products in double, for every ISA that runs here.
#include "graph/nearest_rows.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/head_specs.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

struct Found {
  std::vector<std::int32_t> neighbours;
  std::vector<float> similarities;
};

Found find(const std::vector<float>& rows, std::size_t dimension, std::size_t k, std::size_t first,
           std::size_t count, const KernelTable& table = kernels()) {
  Found found{std::vector<std::int32_t>(count * k, -1), std::vector<float>(count * k)};
  nearest_rows({rows, dimension, k, first, count, found.neighbours, found.similarities}, table);
  return found;
}

double product(const std::vector<float>& rows, std::size_t dimension, std::size_t a, std::size_t b) {
  double sum = 0.0;
  for (std::size_t d = 0; d < dimension; ++d)
    sum += static_cast<double>(rows[a * dimension + d]) * rows[b * dimension + d];
  return sum;
}

TEST_CASE("the nearest rows are those of the largest inner products, the row itself left out") {
  constexpr std::size_t kRows = 1300;  // more than a block of keys, and of rows
  constexpr std::size_t kDimension = 24;
  constexpr std::size_t kNearest = 7;
  const std::vector<float> rows = random_floats(kRows * kDimension, 3);
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    const Found found = find(rows, kDimension, kNearest, 0, kRows, *table);
    for (std::size_t row = 0; row < kRows; row += 13) {
      std::vector<std::size_t> others(kRows);
      std::iota(others.begin(), others.end(), std::size_t{0});
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(row));
      std::stable_sort(others.begin(), others.end(), [&](std::size_t a, std::size_t b) {
        return product(rows, kDimension, row, a) > product(rows, kDimension, row, b);
      });
      for (std::size_t j = 0; j < kNearest; ++j) {
        CHECK(static_cast<std::size_t>(found.neighbours[row * kNearest + j]) == others[j]);
        CHECK(found.similarities[row * kNearest + j] ==
              doctest::Approx(product(rows, kDimension, row, others[j])).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("rows searched in parts find what they find together, bit for bit") {
  const std::vector<float> rows = random_floats(600 * 10, 4);
  const Found all = find(rows, 10, 5, 0, 600);
  for (const std::size_t first : {0, 1, 300, 599}) {
    const std::size_t count = std::min<std::size_t>(17, 600 - first);
    const Found part = find(rows, 10, 5, first, count);
    const auto from = static_cast<std::ptrdiff_t>(first * 5);
    CHECK(std::equal(part.neighbours.begin(), part.neighbours.end(), all.neighbours.begin() + from));
    CHECK(std::equal(part.similarities.begin(), part.similarities.end(), all.similarities.begin() + from));
  }
  CHECK(find(rows, 10, 5, 600, 0).neighbours.empty());
}

TEST_CASE("of equal rows the lower is the nearer") {
  const std::vector<float> rows(6 * 2, 1.0F);
  CHECK(find(rows, 2, 3, 0, 6).neighbours == std::vector<std::int32_t>{1, 2, 3, 0, 2, 3, 0, 1, 3,  //
                                                                       0, 1, 2, 0, 1, 2, 0, 1, 2});
}

TEST_CASE("impossible searches are refused") {
  const std::vector<float> rows(8, 1.0F);
  const auto refused = [](const std::vector<float>& given, std::size_t dimension, std::size_t k,
                          std::size_t first, std::size_t count, const std::string& message) {
    check_error(ErrorCode::kInvalidArgument, message, [&] { find(given, dimension, k, first, count); });
  };
  const std::string whole = "nearest rows: expected whole rows of at least one value and a k of at least 1";
  refused(rows, 0, 1, 0, 1, whole);
  refused(rows, 3, 1, 0, 1, whole);
  refused(rows, 2, 0, 0, 1, whole);
  refused(rows, 2, 4, 0, 1, "nearest rows: expected a k below the number of rows, 4, got 4");
  refused(rows, 2, 1, 3, 2, "nearest rows: expected a part of 4 rows, got 2 from 3 on");
  refused({1, 2, kNan, 4}, 2, 1, 0, 1, "nearest rows: rows: expected finite numbers, element 2 is nan");
  std::vector<std::int32_t> neighbours(1);
  std::vector<float> similarities(2);
  check_error(ErrorCode::kInvalidArgument, "nearest rows: neighbours: expected 2 values, got 1", [&] {
    nearest_rows({rows, 2, 1, 0, 2, neighbours, similarities});
  });
}

}  // namespace
}  // namespace pointsman::test

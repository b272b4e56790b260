#include "model/head_checks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace pointsman {

void check_count(const std::string& what, std::size_t got, std::size_t expected) {
  if (got == expected) return;
  throw Error(ErrorCode::kInvalidArgument,
              what + ": expected " + std::to_string(expected) + " values, got " + std::to_string(got));
}

void check_matrix(const std::string& what, std::size_t got, std::size_t rows, std::size_t cols) {
  std::size_t expected = 0;
  if (__builtin_mul_overflow(rows, cols, &expected)) {
    throw Error(ErrorCode::kInvalidArgument, what + ": " + std::to_string(rows) + " by " +
                                                 std::to_string(cols) +
                                                 " values are more than the address space holds");
  }
  check_count(what, got, expected);
}

void check_finite(const std::string& what, std::span<const float> values) {
  const auto bad = std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad == values.end()) return;
  throw Error(ErrorCode::kInvalidArgument, what + ": expected finite numbers, element " +
                                               std::to_string(bad - values.begin()) + " is " +
                                               std::to_string(*bad));
}

std::size_t shared_dimension(const std::string& what, std::span<const std::shared_ptr<const Head>> members) {
  if (members.empty()) throw Error(ErrorCode::kInvalidArgument, what + ": expected at least one member");
  std::size_t dimension = 0;
  for (std::size_t k = 0; k < members.size(); ++k) {
    const std::string member = what + ": member " + std::to_string(k);
    if (members[k] == nullptr) throw Error(ErrorCode::kInvalidArgument, member + " is missing");
    const std::size_t own = members[k]->dimension();
    if (own == 0) continue;
    if (dimension != 0) check_count(member + ": dimension", own, dimension);
    dimension = own;
  }
  return dimension;
}

void check_score_call(const Head& head, std::span<const float> embeddings, std::size_t count,
                      std::span<float> out) {
  if (head.dimension() != 0) check_matrix("embeddings", embeddings.size(), count, head.dimension());
  check_matrix("scores", out.size(), count, head.num_models());
  check_finite("embeddings", embeddings);
}

void clamp_scores(std::span<float> scores) {
  for (float& score : scores) score = score > 0.0F ? std::min(score, 1.0F) : 0.0F;
}

}  // namespace pointsman

// Checks that all heads share.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "model/heads.h"

namespace pointsman {

// kInvalidArgument unless `got` is `expected`. `what` names them: "linear head: weight".
void check_count(const std::string& what, std::size_t got, std::size_t expected);

// kInvalidArgument unless `got` is rows * cols, without being fooled by a product that overflows.
void check_matrix(const std::string& what, std::size_t got, std::size_t rows, std::size_t cols);

// kInvalidArgument unless every value is finite.
void check_finite(const std::string& what, std::span<const float> values);

// The dimension of the members that look at the prompt, which must be one; 0 where none does.
// kInvalidArgument where there is no member or one is null. `what` names the head that they are in.
std::size_t shared_dimension(const std::string& what, std::span<const std::shared_ptr<const Head>> members);

// Sizes of a score call, and finite embeddings.
void check_score_call(const Head& head, std::span<const float> embeddings, std::size_t count,
                      std::span<float> out);

// To [0, 1]. A NaN, which only an overflow of huge weights can give, becomes 0: a model nobody can vouch for.
void clamp_scores(std::span<float> scores);

}  // namespace pointsman

// The oracle: a post-norm BERT-family encoder in double, written from the papers with one loop per formula.
// It shares no code with the engine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "model/tiny_model.h"

namespace pointsman::test {

std::vector<double> plain_embedding(const TinyModel& model, std::span<const std::int32_t> ids,
                                    Pooling pooling, bool normalize);

// The embedding layer's output, averaged over the tokens, of L2 norm 1.
std::vector<double> plain_token_mean(const TinyModel& model, std::span<const std::int32_t> ids);

}  // namespace pointsman::test

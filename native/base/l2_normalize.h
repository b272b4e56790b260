// L2 normalisation of pooled embeddings.
#pragma once

#include <cstddef>
#include <span>

namespace pointsman {

// Divides every row of [rows, width] by its L2 norm, summed in double; a zero row stays zero.
void l2_normalize_rows(std::span<float> rows, std::size_t width);

}  // namespace pointsman

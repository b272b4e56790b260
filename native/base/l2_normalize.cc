#include "base/l2_normalize.h"

#include <algorithm>
#include <cmath>

namespace pointsman {

void l2_normalize_rows(std::span<float> rows, std::size_t width) {
  constexpr double kSmallestNorm = 1e-12;  // as torch.nn.functional.normalize
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    const std::span<float> row = rows.subspan(begin, width);
    double squares = 0;
    for (const float value : row) squares += static_cast<double>(value) * value;
    const auto scale = static_cast<float>(1.0 / std::max(std::sqrt(squares), kSmallestNorm));
    for (float& value : row) value *= scale;
  }
}

}  // namespace pointsman

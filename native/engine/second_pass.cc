#include "engine/second_pass.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pointsman {
namespace {

template <typename T>
std::span<T> row_of(std::span<T> rows, std::size_t row, std::size_t width) {
  return rows.empty() ? rows : rows.subspan(row * width, width);
}

bool is_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

SecondPass::SecondPass(const EncoderModel& model)
    : model_(model), batch_(model.encoder().config().positions) {}

void SecondPass::replace_overflowed(const BatchView& batch, std::span<float> embeddings,
                                    std::span<float> token_means) {
  const std::size_t width = model_.encoder().config().hidden_size;
  std::vector<std::size_t> overflowed;
  batch_.clear();
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) {
    // All that a text's tokens are goes into its embedding, so where that is finite the token mean is.
    if (is_finite(row_of(embeddings, i, width))) continue;
    overflowed.push_back(i);
    batch_.append(batch.ids.subspan(batch.offsets[i], batch.length(i)));
  }
  if (overflowed.empty()) return;
  const Encoder* wide = model_.wide_encoder().get();
  if (wide == nullptr) return;
  if (workspace_ == nullptr) workspace_ = wide->make_workspace();
  std::vector<float> wide_embeddings(overflowed.size() * width);
  std::vector<float> wide_means(token_means.empty() ? 0 : wide_embeddings.size());
  wide->forward(batch_.view(), model_.pooling(), *workspace_, wide_embeddings, wide_means);
  for (std::size_t i = 0; i < overflowed.size(); ++i) {
    std::ranges::copy(row_of(std::span(wide_embeddings), i, width),
                      row_of(embeddings, overflowed[i], width).begin());
    std::ranges::copy(row_of(std::span(wide_means), i, width),
                      row_of(token_means, overflowed[i], width).begin());
  }
}

}  // namespace pointsman

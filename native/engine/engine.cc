#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/encoder_model.h"
#include "engine/packed_batch.h"
#include "model/normalize.h"

namespace pointsman {
namespace {

void check_sizes(std::size_t texts, std::size_t embeddings, std::size_t token_counts, std::size_t dimension) {
  if (embeddings == texts * dimension && token_counts == texts) return;
  throw Error(ErrorCode::kInvalidArgument,
              "embedding " + std::to_string(texts) + " texts: expected room for " +
                  std::to_string(texts * dimension) + " floats and " + std::to_string(texts) +
                  " token counts, got " + std::to_string(embeddings) + " and " +
                  std::to_string(token_counts));
}

// The word table is not scanned when it is mapped, so damage in one of its rows shows here.
void check_finite(std::span<const float> embeddings) {
  const bool finite =
      std::all_of(embeddings.begin(), embeddings.end(), [](float x) { return std::isfinite(x); });
  if (finite) return;
  throw Error(ErrorCode::kCorruptFile,
              "a text gave an embedding that is not finite; the encoder's weights are damaged");
}

}  // namespace

struct Engine::State {
  explicit State(std::shared_ptr<const EncoderModel> shared)
      : model(std::move(shared)),
        batch(model->encoder().config().positions),
        workspace(model->encoder().make_workspace()) {}

  std::size_t dimension() const { return model->encoder().config().hidden_size; }

  // Encodes the batch into `out` [batch.num_sequences(), dimension] and empties it.
  void run_batch(std::span<float> out) {
    if (batch.num_sequences() == 0) return;
    model->encoder().forward(batch.view(), model->pooling(), *workspace, out);
    check_finite(out);
    if (model->normalize()) l2_normalize_rows(out, dimension());
    batch.clear();
  }

  std::shared_ptr<const EncoderModel> model;
  PackedBatch batch;
  std::unique_ptr<Workspace> workspace;
  std::vector<std::int32_t> ids;  // of the text at hand
};

Engine::Engine(std::shared_ptr<const EncoderModel> model)
    : state_(std::make_unique<State>(std::move(model))) {}
Engine::~Engine() = default;

std::size_t Engine::dimension() const noexcept {
  return state_->dimension();
}
std::size_t Engine::max_tokens() const noexcept {
  return state_->model->max_tokens();
}
std::size_t Engine::max_batch_tokens() const noexcept {
  return state_->model->encoder().max_batch_tokens();
}
const WordPieceTokenizer& Engine::tokenizer() const noexcept {
  return state_->model->tokenizer();
}

void Engine::embed(std::span<const std::string_view> texts, std::span<float> embeddings,
                   std::span<std::int32_t> token_counts) {
  State& state = *state_;
  const std::size_t width = state.dimension();
  check_sizes(texts.size(), embeddings.size(), token_counts.size(), width);
  state.batch.clear();  // a call that threw may have left texts in it
  std::size_t done = 0;
  const auto run_batch = [&] {
    const std::size_t count = state.batch.num_sequences();
    state.run_batch(embeddings.subspan(done * width, count * width));
    done += count;
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    state.ids.clear();
    const std::size_t tokens =
        encode_view(tokenizer(), state.model->view(), texts[i], max_tokens(), state.ids);
    token_counts[i] = static_cast<std::int32_t>(tokens);
    if (state.batch.num_tokens() + tokens > max_batch_tokens()) run_batch();
    state.batch.append(state.ids);
  }
  run_batch();
}

}  // namespace pointsman

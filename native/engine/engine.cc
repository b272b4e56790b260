#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/encoder_model.h"
#include "engine/packed_batch.h"
#include "engine/second_pass.h"
#include "text/surface_features.h"

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
        workspace(model->encoder().make_workspace()),
        second_pass(*model),
        batch_tokens(model->encoder().max_batch_tokens()) {}

  std::size_t hidden_size() const { return model->encoder().config().hidden_size; }
  std::size_t dimension() const { return features_width(model->features(), hidden_size()); }

  // Embeds the texts from `done` on, batch by batch; `done` is left at the first text that has no row yet.
  void embed(std::span<const std::string_view> texts, std::span<float> rows,
             std::span<std::int32_t> token_counts, std::size_t& done) {
    batch.clear();  // a call that threw may have left texts in it
    const std::size_t width = dimension();
    const auto run = [&] {
      const std::size_t count = batch.num_sequences();
      run_batch(texts.subspan(done, count), rows.subspan(done * width, count * width));
      done += count;
    };
    for (std::size_t i = done; i < texts.size(); ++i) {
      ids.clear();
      const std::size_t tokens =
          encode_view(model->tokenizer(), model->view(), texts[i], model->max_tokens(), ids);
      token_counts[i] = static_cast<std::int32_t>(tokens);
      if (batch.num_tokens() + tokens > batch_tokens) run();
      batch.append(ids);
    }
    run();
  }

  // Writes the features of `texts`, whose ids are the batch, to `out` [texts.size(), dimension] and empties
  // the batch.
  void run_batch(std::span<const std::string_view> texts, std::span<float> out) {
    if (texts.empty()) return;
    encode(texts.size());
    batch.clear();
    const std::size_t width = dimension();
    for (std::size_t i = 0; i < texts.size(); ++i) write_row(i, texts[i], out.subspan(i * width, width));
  }

  // The features of one text of the batch, one after the other.
  void write_row(std::size_t row, std::string_view text, std::span<float> out) const {
    for (const Feature feature : model->features()) {
      if (feature == Feature::kSurface) {
        surface_features(text, out.first<kSurfaceFeatures>());
        out = out.subspan(kSurfaceFeatures);
        continue;
      }
      const std::vector<float>& rows = feature == Feature::kTokens ? token_means : embeddings;
      std::copy_n(rows.data() + row * hidden_size(), hidden_size(), out.begin());
      out = out.subspan(hidden_size());
    }
  }

  // The batch's sequences to `embeddings` and, where they are wanted, `token_means`.
  void encode(std::size_t sequences) {
    const auto features = model->features();
    const bool wants_tokens = std::ranges::find(features, Feature::kTokens) != features.end();
    embeddings.resize(sequences * hidden_size());
    token_means.resize(wants_tokens ? embeddings.size() : 0);
    model->encoder().forward(batch.view(), model->pooling(), *workspace, embeddings, token_means);
    second_pass.replace_overflowed(batch.view(), embeddings, token_means);
    check_finite(embeddings);
    check_finite(token_means);
  }

  std::shared_ptr<const EncoderModel> model;
  PackedBatch batch;
  std::unique_ptr<Workspace> workspace;
  SecondPass second_pass;
  std::size_t batch_tokens;        // of a batch at most, but for a longer single text
  std::vector<std::int32_t> ids;   // of the text at hand
  std::vector<float> embeddings;   // of the batch at hand, [sequences, hidden_size]
  std::vector<float> token_means;  // the same
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
  return state_->batch_tokens;
}
const DeviceChoice& Engine::device() const noexcept {
  return state_->model->device();
}
const WordPieceTokenizer& Engine::tokenizer() const noexcept {
  return state_->model->tokenizer();
}

void Engine::embed(std::span<const std::string_view> texts, std::span<float> embeddings,
                   std::span<std::int32_t> token_counts) {
  State& state = *state_;
  const std::size_t width = state.dimension();
  check_sizes(texts.size(), embeddings.size(), token_counts.size(), width);
  std::size_t done = 0;
  while (done < texts.size()) {
    try {
      state.embed(texts, embeddings, token_counts, done);
    } catch (const Error& error) {
      // The batch that failed is still there: half of its tokens may find room.
      const bool can_shrink = error.code() == ErrorCode::kOutOfMemory && state.batch.num_sequences() > 1;
      if (!can_shrink) throw;
      state.batch_tokens = state.batch.num_tokens() / 2;
    }
  }
}

}  // namespace pointsman

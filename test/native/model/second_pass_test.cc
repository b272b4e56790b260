// Texts that one encoder overflows on, from another one. What overflows here is a word of damaged weights.
#include "engine/second_pass.h"

#include <cmath>
#include <limits>

#include "backend/bf16_backend.h"
#include "doctest/doctest.h"
#include "kernels/select.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

Encoder load(const EncoderOptions& options) {
  const EncoderConfig config = read_encoder_config(options.config);
  std::unique_ptr<Backend> backend = make_cpu_backend(kernels(), config.shape());
  EncoderWeights weights = load_encoder_weights(options.weights, config, *backend, kernels());
  return {config, std::move(weights), std::move(backend)};
}

Tensors without_word_10(const TinyModel& model) {
  Tensors tensors = model.tensors();
  tensors["embeddings.word_embeddings.weight"].values[10 * model.hidden] =
      std::numeric_limits<float>::infinity();
  return tensors;
}

struct Models {
  TinyModel model;
  TinyModelFiles whole{model};
  TinyModelFiles narrow{model, without_word_10(model)};

  std::shared_ptr<const EncoderModel> open(WideEncoder::Load load_wide) const {
    const EncoderOptions options = narrow.options();
    return std::make_shared<const EncoderModel>(options, WordPieceTokenizer::from_file(options.tokenizer),
                                                load(options), DeviceChoice{}, std::move(load_wide));
  }
};

std::vector<float> embed(Engine& engine, const std::vector<std::string_view>& texts) {
  std::vector<float> rows(texts.size() * engine.dimension(), NAN);
  std::vector<std::int32_t> counts(texts.size());
  engine.embed(texts, rows, counts);
  return rows;
}

TEST_CASE("the wide encoder is loaded by the first text that overflows, once for all engines") {
  const Models models;
  int loads = 0;
  const auto model = models.open([&] {
    ++loads;
    return load(models.whole.options());
  });
  Engine whole(open_encoder_model(models.whole.options()));
  Engine engine(model);
  CHECK(embed(engine, {"w5", "w6"}) == embed(whole, {"w5", "w6"}));
  CHECK(loads == 0);
  CHECK(embed(engine, {"w5", "w10", "w6"}) == embed(whole, {"w5", "w10", "w6"}));
  Engine another(model);
  CHECK(embed(another, {"w10"}) == embed(whole, {"w10"}));
  CHECK(loads == 1);
}

TEST_CASE("a wide encoder that cannot be loaded fails the text that needs it, and is tried again") {
  const Models models;
  bool has_memory = false;
  const auto model = models.open([&] {
    if (!has_memory) throw Error(ErrorCode::kOutOfMemory, "allocating 5 bytes on the GPU");
    return load(models.whole.options());
  });
  Engine whole(open_encoder_model(models.whole.options()));
  Engine engine(model);
  const std::size_t batch_tokens = engine.max_batch_tokens();
  check_error(ErrorCode::kDeviceUnavailable,
              "a text overflows the number format of the encoder, which could not be loaded in one of wider "
              "range: allocating 5 bytes on the GPU",
              [&] {
                embed(engine, {"w5", "w10"});
              });
  CHECK(engine.max_batch_tokens() == batch_tokens);
  CHECK(embed(engine, {"w5"}) == embed(whole, {"w5"}));
  has_memory = true;
  CHECK(embed(engine, {"w5", "w10"}) == embed(whole, {"w5", "w10"}));
}

TEST_CASE("what the wide encoder overflows on too is damage") {
  const Models models;
  Engine engine(models.open([&] { return load(models.narrow.options()); }));
  check_error(ErrorCode::kCorruptFile,
              "a text gave an embedding that is not finite; the encoder's weights are damaged", [&] {
                embed(engine, {"w5", "w10"});
              });
}

}  // namespace
}  // namespace pointsman::test

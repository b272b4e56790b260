#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <thread>

#include "engine/encoder_model.h"
#include "kernels/select.h"
#include "model/plain_encoder.h"
#include "model/support.h"
#include "model/tiny_model.h"
#include "text/surface_features.h"

namespace pointsman::test {
namespace {

struct Embedded {
  std::vector<float> embeddings;
  std::vector<std::int32_t> tokens;
};

Embedded embed(Engine& engine, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Embedded out{std::vector<float>(texts.size() * engine.dimension()),
               std::vector<std::int32_t>(texts.size())};
  engine.embed(views, out.embeddings, out.tokens);
  return out;
}

// "w4 w5 w6 ...": `count` words, each one token of the tiny tokenizer.
std::string words(std::size_t count, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text.append("w").append(std::to_string(4 + (first + i) % 56)).append(" ");
  return text;
}

std::vector<std::int32_t> ids_of_words(std::size_t count, std::size_t first = 0) {
  std::vector<std::int32_t> ids{2};
  for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>(4 + (first + i) % 56));
  ids.push_back(3);
  return ids;
}

TEST_CASE("texts become the embeddings of their tokens, for every pooling and normalisation") {
  const TinyModel model;
  const TinyModelFiles files(model);
  for (const KernelTable* table : available_kernel_tables()) {
    for (const Pooling pooling : {Pooling::kMean, Pooling::kCls}) {
      for (const bool normalize : {true, false}) {
        CAPTURE(table->name);
        EncoderOptions options = files.options();
        options.pooling = pooling;
        options.normalize = normalize;
        Engine engine(EncoderModel::load(options, *table));
        const Embedded got = embed(engine, {words(9), words(30, 7)});
        CHECK(got.tokens == std::vector<std::int32_t>{11, 32});
        for (std::size_t i = 0; i < 2; ++i) {
          const auto ids = i == 0 ? ids_of_words(9) : ids_of_words(30, 7);
          const std::vector<double> expected = plain_embedding(model, ids, pooling, normalize);
          for (std::size_t j = 0; j < expected.size(); ++j) {
            CHECK(std::abs(got.embeddings[i * model.hidden + j] - expected[j]) < 1e-4);
          }
        }
      }
    }
  }
}

TEST_CASE("an empty text is its special tokens") {
  const TinyModel model;
  const TinyModelFiles files(model);
  Engine engine(open_encoder_model(files.options()));
  const Embedded got = embed(engine, {""});
  CHECK(got.tokens == std::vector<std::int32_t>{2});
  const std::vector<double> expected = plain_embedding(model, ids_of_words(0), Pooling::kMean, true);
  for (std::size_t j = 0; j < expected.size(); ++j) CHECK(std::abs(got.embeddings[j] - expected[j]) < 1e-4);
}

TEST_CASE("no texts give no embeddings") {
  const TinyModelFiles files{TinyModel{}};
  Engine engine(open_encoder_model(files.options()));
  CHECK(embed(engine, {}).embeddings.empty());
}

TEST_CASE("a text past max_tokens embeds like its head and counts what was encoded") {
  const TinyModelFiles files{TinyModel{}};
  EncoderOptions options = files.options();
  options.max_tokens = 16;
  Engine engine(open_encoder_model(options));
  CHECK(engine.max_tokens() == 16);
  const Embedded got = embed(engine, {words(14), words(15), words(5000)});
  CHECK(got.tokens == std::vector<std::int32_t>{16, 16, 16});
  const auto row = [&](std::size_t i) { return std::span(got.embeddings).subspan(i * 48, 48); };
  CHECK(std::ranges::equal(row(0), row(1)));
  CHECK(std::ranges::equal(row(0), row(2)));
}

TEST_CASE("features stand one after the other in the order asked for") {
  const TinyModel model;
  const TinyModelFiles files(model);
  for (const bool normalize : {true, false}) {
    EncoderOptions options = files.options();
    options.normalize = normalize;
    options.features = {Feature::kEmbedding, Feature::kSurface, Feature::kTokens};
    Engine engine(open_encoder_model(options));
    const std::size_t width = 2 * model.hidden + kSurfaceFeatures;
    CHECK(engine.dimension() == width);
    const std::vector<std::string> texts{words(9), words(30, 7)};
    const Embedded got = embed(engine, texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto ids = i == 0 ? ids_of_words(9) : ids_of_words(30, 7);
      std::vector<double> expected = plain_embedding(model, ids, Pooling::kMean, normalize);
      std::array<float, kSurfaceFeatures> surface;
      surface_features(texts[i], surface);
      expected.insert(expected.end(), surface.begin(), surface.end());
      const std::vector<double> means =
          plain_token_mean(model, ids);  // of norm 1 whether embeddings are or not
      expected.insert(expected.end(), means.begin(), means.end());
      for (std::size_t j = 0; j < width; ++j) {
        CHECK(std::abs(got.embeddings[i * width + j] - expected[j]) < 1e-4);
      }
    }
  }
}

TEST_CASE("surface features see the text past max_tokens, token means do not") {
  const TinyModel model;
  const TinyModelFiles files(model);
  EncoderOptions options = files.options();
  options.max_tokens = 16;
  options.features = {Feature::kEmbedding, Feature::kTokens, Feature::kSurface};
  Engine engine(open_encoder_model(options));
  const std::vector<float> rows = embed(engine, {words(20), words(5000)}).embeddings;
  const auto first = std::span(rows).first(engine.dimension());
  const auto second = std::span(rows).last(engine.dimension());
  CHECK(std::ranges::equal(first.first(2 * model.hidden), second.first(2 * model.hidden)));
  CHECK(second[2 * model.hidden] > first[2 * model.hidden]);
}

TEST_CASE("features that do not begin with the embedding, or repeat one, are refused") {
  const TinyModelFiles files{TinyModel{}};
  using Features = std::vector<Feature>;
  for (const Features& features :
       {Features{}, Features{Feature::kTokens}, Features{Feature::kSurface, Feature::kEmbedding},
        Features{Feature::kEmbedding, Feature::kEmbedding},
        Features{Feature::kEmbedding, Feature::kTokens, Feature::kTokens}}) {
    EncoderOptions options = files.options();
    options.features = features;
    check_error(
        ErrorCode::kInvalidArgument,
        "features must begin with the embedding and name none twice; known: embedding, tokens, surface",
        [&] { open_encoder_model(options); });
  }
}

TEST_CASE("texts that need several batches give the bits each gives alone") {
  const TinyModelFiles files{TinyModel{}};
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    EncoderOptions options = files.options();
    options.features = {Feature::kEmbedding, Feature::kTokens, Feature::kSurface};
    Engine engine(EncoderModel::load(options, *table));
    const std::size_t width = engine.dimension();
    std::vector<std::string> texts;
    std::size_t tokens = 0;
    for (std::size_t i = 0; tokens < 3 * engine.max_batch_tokens(); ++i) {
      texts.push_back(words(i * 29 % 79, i));
      tokens += i * 29 % 79 + 2;
    }
    const Embedded together = embed(engine, texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Embedded alone = embed(engine, {texts[i]});
      CHECK(alone.tokens[0] == together.tokens[i]);
      CHECK(std::ranges::equal(alone.embeddings, std::span(together.embeddings).subspan(i * width, width)));
    }
  }
}

TEST_CASE("engines in several threads share one model and agree") {
  TinyModel whole_tiles;  // so that an ISA with bf16 products uses them
  whole_tiles.hidden = 64;
  whole_tiles.heads = 2;
  const TinyModelFiles files{whole_tiles};
  const std::vector<std::string> texts{words(3), words(40), "", words(12, 5)};
  Engine reference(open_encoder_model(files.options()));
  const std::vector<float> expected = embed(reference, texts).embeddings;
  std::vector<std::thread> threads;
  std::atomic<int> equal{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Engine engine(open_encoder_model(files.options()));
      for (int i = 0; i < 5; ++i) {
        if (embed(engine, texts).embeddings == expected) ++equal;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(equal == 20);
  CHECK(count_open_encoder_models() == 1);
}

TEST_CASE("room of the wrong size is an invalid argument") {
  const TinyModelFiles files{TinyModel{}};
  Engine engine(open_encoder_model(files.options()));
  const std::vector<std::string_view> texts{"w5", "w6"};
  std::vector<float> embeddings(95);
  std::vector<std::int32_t> counts(2);
  check_error(ErrorCode::kInvalidArgument,
              "embedding 2 texts: expected room for 96 floats and 2 token counts, got 95 and 2",
              [&] { engine.embed(texts, embeddings, counts); });
}

TEST_CASE("a damaged word row is reported instead of becoming a NaN score, and the engine stays usable") {
  const TinyModel model;
  const TinyModelFiles files(model);
  const TemporaryFolder folder;
  Tensors tensors = model.tensors();
  tensors["embeddings.word_embeddings.weight"].values[10 * model.hidden] =
      std::numeric_limits<float>::quiet_NaN();
  write_safetensors(folder / "damaged", tensors, "F32");
  EncoderOptions options = files.options();
  options.weights = folder / "damaged";
  Engine engine(open_encoder_model(options));
  check_error(ErrorCode::kCorruptFile,
              "a text gave an embedding that is not finite; the encoder's weights are damaged", [&] {
                embed(engine, {"w5", "w10"});
              });
  Engine whole(open_encoder_model(files.options()));
  CHECK(embed(engine, {"w5"}).embeddings == embed(whole, {"w5"}).embeddings);
}

TEST_CASE("limits that tokenizer and position table cannot serve are refused") {
  const TinyModelFiles files{TinyModel{}};
  for (const std::size_t max_tokens : {std::size_t{0}, std::size_t{1}, std::size_t{81}}) {
    EncoderOptions options = files.options();
    options.max_tokens = max_tokens;
    check_error(ErrorCode::kInvalidArgument,
                "max_tokens is " + std::to_string(max_tokens) +
                    "; expected at least the 2 special tokens of " + options.tokenizer.string() +
                    " and at most the 80 positions of " + options.config.string(),
                [&] { open_encoder_model(options); });
  }
}

TEST_CASE("a tokenizer with more ids than the word table has rows is refused") {
  TinyModel small;
  small.vocabulary = 59;
  const TinyModelFiles files{small};
  const TinyModelFiles larger{TinyModel{}};
  EncoderOptions options = files.options();
  options.tokenizer = larger.options().tokenizer;
  check_error(ErrorCode::kCorruptFile,
              options.tokenizer.string() + " has ids up to 59, the word table of " + options.config.string() +
                  " has only 59 rows; the files belong to different models",
              [&] { open_encoder_model(options); });
}

}  // namespace
}  // namespace pointsman::test

// What the product stores an encoder in on a GPU, and what does not fit there: texts and encoders. The
// library is opened as the addon opens it: POINTSMAN_CUDA_LIBRARY names the emulated one.
#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "backend/device.h"
#include "doctest/doctest.h"
#include "engine/encoder_model.h"
#include "kernels/select.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

constexpr char kWords[] = "embeddings.word_embeddings.weight";
constexpr char kUpBias[] = "encoder.layer.0.intermediate.dense.bias";

// Of a shape that the GPU's kernels take.
TinyModel small_model(const std::string& dtype = "F32") {
  TinyModel model;
  model.dtype = dtype;
  model.hidden = 64;
  model.heads = 2;
  return model;
}

std::span<float> word_row(const TinyModel& model, Tensors& tensors, std::size_t word) {
  return std::span(tensors[kWords].values).subspan(word * model.hidden, model.hidden);
}

// "w10" has values of up to 260,000, a power of two times what they were: exact in F32 and BF16.
Tensors with_large_word(const TinyModel& model) {
  Tensors tensors = model.tensors();
  for (float& value : word_row(model, tensors, 10)) value *= 0x1p20F;
  return tensors;
}

// Every text has an activation of 131,072 between the layers' products.
Tensors with_large_activation(const TinyModel& model) {
  Tensors tensors = model.tensors();
  tensors[kUpBias].values[0] = 0x1p17F;
  return tensors;
}

EncoderOptions on(Device device, const TinyModelFiles& files) {
  EncoderOptions options = files.options();
  options.device = device;
  options.features = {Feature::kEmbedding, Feature::kTokens};
  return options;
}

std::vector<float> embed(Engine& engine, const std::vector<std::string_view>& texts) {
  std::vector<float> rows(texts.size() * engine.dimension(), NAN);
  std::vector<std::int32_t> counts(texts.size());
  engine.embed(texts, rows, counts);
  return rows;
}

using Texts = std::vector<std::string_view>;

// As the product embeds: where and in what is its own choice.
std::vector<float> embed(Device device, const TinyModelFiles& files, const Texts& texts) {
  Engine engine(open_encoder_model(on(device, files)));
  return embed(engine, texts);
}

// On the GPU in this format, and in no other.
std::vector<float> embed(cuda::Format format, const TinyModelFiles& files, const Texts& texts) {
  const EncoderOptions options = on(Device::kCuda, files);
  const EncoderConfig config = read_encoder_config(options.config);
  auto backend = make_cuda_backend(kernels(), config.shape(), format);
  EncoderWeights weights = load_encoder_weights(options.weights, config, *backend, kernels());
  Engine engine(std::make_shared<const EncoderModel>(options,
                                                     WordPieceTokenizer::from_file(options.tokenizer),
                                                     Encoder(config, std::move(weights), std::move(backend)),
                                                     DeviceChoice{.device = Device::kCuda, .reason = {}}));
  return embed(engine, texts);
}

// Both are rows of vectors of length one.
double largest_distance(std::span<const float> got, std::span<const float> expected, std::size_t width) {
  double largest = 0;
  for (std::size_t row = 0; row < got.size(); row += width) {
    double squares = 0;
    for (std::size_t i = row; i < row + width; ++i) squares += std::pow(double{got[i]} - expected[i], 2);
    largest = std::isnan(squares) ? INFINITY : std::max(largest, std::sqrt(squares));
  }
  return largest;
}

const Texts kTexts = {"w5 w6 w7", "w20", "w30 w31 w32 w33 w34 w35 w36"};
const Texts kMixed = {"w5 w6 w7", "w10 w11", "w20", "w12 w10"};  // the second and the fourth have "w10"

constexpr char kDamaged[] = "a text gave an embedding that is not finite; the encoder's weights are damaged";

TEST_CASE("a file in BF16 runs in bf16 on the GPU, others in f16") {
  const TinyModelFiles reference(small_model());
  const std::vector<float> in_bf16 = embed(cuda::Format::kBf16, reference, kTexts);
  const std::vector<float> in_f16 = embed(cuda::Format::kF16, reference, kTexts);
  CHECK(in_bf16 != in_f16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("BF16")), kTexts) == in_bf16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("F16")), kTexts) == in_f16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("F32")), kTexts) == in_f16);
}

TEST_CASE(
    "what f16 cannot hold is the CPU's on the GPU, a weight or an activation, whatever the file's dtype") {
  for (const char* dtype : {"BF16", "F32"}) {
    CAPTURE(dtype);
    const TinyModel model = small_model(dtype);
    for (const Tensors& tensors : {with_large_word(model), with_large_activation(model)}) {
      const TinyModelFiles files(model, tensors);
      CHECK_THROWS_AS(embed(cuda::Format::kF16, files, kMixed), Error);
      const std::vector<float> got = embed(Device::kCuda, files, kMixed);
      // Random weights, without the redundancy that averages rounding out.
      CHECK(largest_distance(got, embed(Device::kCpu, files, kMixed), model.hidden) < 0.05);
    }
  }
}

TEST_CASE(
    "only texts that overflow f16 are encoded in bf16, so no row depends on its batch or on earlier ones") {
  const TinyModel model = small_model();
  const TinyModelFiles files(model, with_large_word(model));
  const std::vector<float> in_bf16 = embed(cuda::Format::kBf16, files, kMixed);
  const std::vector<float> in_f16 = embed(cuda::Format::kF16, files, {kMixed[0], kMixed[2]});
  Engine engine(open_encoder_model(on(Device::kCuda, files)));
  const std::size_t width = engine.dimension();
  const auto row = [width](std::span<const float> rows, std::size_t i) {
    return rows.subspan(i * width, width);
  };
  for (int round = 0; round < 2; ++round) {
    const std::vector<float> got = embed(engine, kMixed);
    CHECK(std::ranges::equal(row(got, 0), row(in_f16, 0)));
    CHECK(std::ranges::equal(row(got, 1), row(in_bf16, 1)));
    CHECK(std::ranges::equal(row(got, 2), row(in_f16, 1)));
    CHECK(std::ranges::equal(row(got, 3), row(in_bf16, 3)));
  }
  CHECK(std::ranges::equal(embed(engine, {kMixed[1]}), row(in_bf16, 1)));
}

TEST_CASE("engines of several threads may overflow at once") {
  const TinyModel model = small_model();
  const TinyModelFiles files(model, with_large_word(model));
  const auto shared = open_encoder_model(on(Device::kCuda, files));
  std::vector<std::vector<float>> got(3);
  std::vector<std::thread> threads;
  threads.reserve(got.size());
  for (std::vector<float>& rows : got) {
    threads.emplace_back([&rows, &shared] {
      Engine engine(shared);
      rows = embed(engine, kMixed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(got[0] == embed(Device::kCuda, files, kMixed));
  CHECK(got[1] == got[0]);
  CHECK(got[2] == got[0]);
}

TEST_CASE("what is not finite in bf16 either is damage, and the engine stays usable") {
  for (const char* dtype : {"BF16", "F32"}) {
    CAPTURE(dtype);
    const TinyModel model = small_model(dtype);
    Tensors tensors = model.tensors();
    word_row(model, tensors, 10)[3] = std::numeric_limits<float>::quiet_NaN();
    const TinyModelFiles files(model, tensors);
    Engine engine(open_encoder_model(on(Device::kCuda, files)));
    check_error(ErrorCode::kCorruptFile, kDamaged, [&] { embed(engine, kMixed); });
    CHECK(embed(engine, kTexts) == embed(Device::kCuda, TinyModelFiles(model), kTexts));
  }
}

TEST_CASE(
    "an encoder that the GPU's kernels do not take runs on the CPU and says why, or is an error by name") {
  const TinyModelFiles files{TinyModel{}};  // heads of 12
  const std::string reason =
      "CUDA back end: the GPU's kernels take heads of 32 or 64, a hidden size up to 1024 and an intermediate "
      "size that is a multiple of 32; this encoder has 4 heads, hidden size 48 and intermediate size 96";
  const Engine engine(open_encoder_model(on(Device::kAuto, files)));
  CHECK(engine.device().device == Device::kCpu);
  CHECK(engine.device().reason == reason);
  check_error(ErrorCode::kUnsupported, "device \"cuda\" is not available: " + reason,
              [&] { open_encoder_model(on(Device::kCuda, files)); });
}

}  // namespace
}  // namespace pointsman::test

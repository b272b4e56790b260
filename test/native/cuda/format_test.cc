// What the product stores an encoder in on a GPU. The library is opened as the
// addon opens it: POINTSMAN_CUDA_LIBRARY names the emulated one.
#include <cmath>

#include "backend/device.h"
#include "doctest/doctest.h"
#include "engine/encoder_model.h"
#include "kernels/select.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

// Of a shape that the GPU's kernels take.
TinyModel small_model(const std::string& dtype = "F32") {
  TinyModel model;
  model.dtype = dtype;
  model.hidden = 64;
  model.heads = 2;
  return model;
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

const Texts kTexts = {"w5 w6 w7", "w20", "w30 w31 w32 w33 w34 w35 w36"};

TEST_CASE("a file in BF16 runs in bf16 on the GPU, others in f16") {
  const TinyModelFiles reference(small_model());
  const std::vector<float> in_bf16 = embed(cuda::Format::kBf16, reference, kTexts);
  const std::vector<float> in_f16 = embed(cuda::Format::kF16, reference, kTexts);
  CHECK(in_bf16 != in_f16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("BF16")), kTexts) == in_bf16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("F16")), kTexts) == in_f16);
  CHECK(embed(Device::kCuda, TinyModelFiles(small_model("F32")), kTexts) == in_f16);
}

}  // namespace
}  // namespace pointsman::test

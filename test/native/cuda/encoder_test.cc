// Whole passes of the CUDA back end, through the C functions of its library, against the CPU's.
#include <algorithm>
#include <cmath>
#include <optional>

#include "backend/bf16_backend.h"
#include "backend/cuda_backend.h"
#include "backend/cuda_library.h"
#include "cuda/abi.h"
#include "cuda_emulation/device_memory.h"
#include "cuda_emulation/settings.h"
#include "doctest/doctest.h"
#include "engine/encoder_model.h"
#include "engine/packed_batch.h"
#include "kernels/select.h"
#include "model/encoder.h"
#include "model/support.h"
#include "model/tiny_model.h"

extern "C" const pointsman::cuda::Api* pointsman_cuda_api();

namespace pointsman::test {
namespace {

using Sequences = std::vector<std::vector<std::int32_t>>;

Encoder load(const EncoderOptions& options, std::unique_ptr<Backend> backend) {
  const EncoderConfig config = read_encoder_config(options.config);
  EncoderWeights weights = load_encoder_weights(options.weights, config, *backend, kernels());
  return {config, std::move(weights), std::move(backend)};
}

Encoder on_gpu(const EncoderOptions& options, cuda::Format format) {
  const EncoderConfig config = read_encoder_config(options.config);
  return load(options,
              std::make_unique<CudaBackend>(*pointsman_cuda_api(), kernels(), config.shape(), format));
}

// In float32, whatever this machine's encoder multiplies.
Encoder on_cpu(const EncoderOptions& options) {
  return load(options,
              make_cpu_backend(kernel_table("reference"), read_encoder_config(options.config).shape()));
}

struct Output {
  std::vector<float> embeddings;
  std::vector<float> token_means;
};

Output run(const Encoder& encoder, Workspace& workspace, const Sequences& sequences,
           const PoolingRule& rule = {Pooling::kMean, true}) {
  PackedBatch batch(encoder.config().positions);
  for (const auto& ids : sequences) batch.append(ids);
  const std::size_t floats = sequences.size() * encoder.config().hidden_size;
  Output out{std::vector<float>(floats, NAN), std::vector<float>(floats, NAN)};
  encoder.forward(batch.view(), rule, workspace, out.embeddings, out.token_means);
  return out;
}

Output run(const Encoder& encoder, const Sequences& sequences,
           const PoolingRule& rule = {Pooling::kMean, true}) {
  return run(encoder, *encoder.make_workspace(), sequences, rule);
}

std::vector<std::int32_t> some_ids(std::size_t length, std::size_t vocabulary, std::uint32_t seed) {
  std::vector<std::int32_t> ids(length);
  for (auto& id : ids) {
    seed = seed * 1664525U + 1013904223U;
    id = static_cast<std::int32_t>((seed >> 8) % vocabulary);
  }
  return ids;
}

double relative_error(std::span<const float> got, std::span<const float> expected) {
  double squares = 0;
  double length = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    squares += std::pow(static_cast<double>(got[i]) - expected[i], 2);
    length += std::pow(static_cast<double>(expected[i]), 2);
  }
  const double error = std::sqrt(squares / length);
  return std::isnan(error) ? INFINITY : error;
}

TinyModel small_model(const std::string& type) {
  TinyModel model;
  model.model_type = type;
  model.hidden = 64;
  model.heads = type == "mpnet" ? 1 : 2;  // heads of 64 and of 32
  model.intermediate = 96;
  model.positions = 150;
  return model;
}

const Sequences kSequences = {some_ids(1, 60, 1), some_ids(70, 60, 2), some_ids(129, 60, 3),
                              some_ids(16, 60, 4)};

TEST_CASE("a pass on the GPU is the CPU's, for every family, format and pooling") {
  for (const char* type : {"bert", "roberta", "mpnet", "distilbert"}) {
    CAPTURE(type);
    const TinyModelFiles files(small_model(type));
    const Encoder cpu = on_cpu(files.options());
    for (const cuda::Format format : {cuda::Format::kBf16, cuda::Format::kF16}) {
      const Encoder gpu = on_gpu(files.options(), format);
      // Random weights, without the redundancy that averages rounding out; the CPU's own bf16 is held to 5 %.
      const double tolerance = format == cuda::Format::kBf16 ? 0.05 : 0.008;
      for (const PoolingRule& rule : {PoolingRule{Pooling::kMean, false}, PoolingRule{Pooling::kMean, true},
                                      PoolingRule{Pooling::kCls, false}, PoolingRule{Pooling::kCls, true}}) {
        const Output expected = run(cpu, kSequences, rule);
        const Output got = run(gpu, kSequences, rule);
        CHECK(relative_error(got.embeddings, expected.embeddings) < tolerance);
        CHECK(relative_error(got.token_means, expected.token_means) < tolerance / 4);
      }
    }
  }
}

TEST_CASE("a text's result does not depend on its batch, bit for bit") {
  const TinyModelFiles files(small_model("bert"));
  const Encoder gpu = on_gpu(files.options(), cuda::Format::kF16);
  const Output together = run(gpu, kSequences);
  const std::size_t width = gpu.config().hidden_size;
  for (std::size_t i = 0; i < kSequences.size(); ++i) {
    const Output alone = run(gpu, {kSequences[i]});
    CHECK(std::ranges::equal(alone.embeddings, std::span(together.embeddings).subspan(i * width, width)));
  }
}

TEST_CASE("a graph is captured once per size of batch and serves all that it holds") {
  const TinyModelFiles files(small_model("bert"));
  const Encoder gpu = on_gpu(files.options(), cuda::Format::kF16);
  const auto workspace = gpu.make_workspace();
  cuda_emulation::settings() = {};
  const Sequences five = {some_ids(5, 60, 5)};
  const Output first = run(gpu, *workspace, five);
  const Output longer = run(gpu, *workspace, {some_ids(30, 60, 6)});
  const Output again = run(gpu, *workspace, five);
  CHECK(first.embeddings == again.embeddings);
  CHECK(longer.embeddings == run(gpu, {some_ids(30, 60, 6)}).embeddings);
  CHECK(cuda_emulation::settings().graph_launches == 4);
  CHECK(cuda_emulation::settings().graph_captures == 2);  // one in each of the two workspaces
}

TEST_CASE("a large batch runs without a graph") {
  const TinyModelFiles files(small_model("bert"));
  const Encoder gpu = on_gpu(files.options(), cuda::Format::kF16);
  cuda_emulation::settings() = {};
  Sequences many;
  for (std::uint32_t i = 0; i < 15; ++i) many.push_back(some_ids(140, 60, i));
  const Output got = run(gpu, many);
  CHECK(cuda_emulation::settings().graph_launches == 0);
  CHECK(std::ranges::equal(run(gpu, {many.back()}).embeddings,
                           std::span(got.embeddings).last(gpu.config().hidden_size)));
}

TEST_CASE("without enough memory a pass fails with a code, and a smaller one runs") {
  const TinyModelFiles files(small_model("bert"));
  const Encoder gpu = on_gpu(files.options(), cuda::Format::kF16);
  const auto workspace = gpu.make_workspace();
  const Output expected = run(gpu, *workspace, {kSequences[0]});
  cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 120'000;
  const Error error = error_of([&] { run(gpu, *workspace, kSequences); });
  CHECK(error.code() == ErrorCode::kOutOfMemory);
  CHECK(std::string(error.what()).starts_with("CUDA back end: allocating "));
  CHECK(run(gpu, *workspace, {kSequences[0]}).embeddings == expected.embeddings);
  cuda_emulation::settings() = {};
}

TEST_CASE("an engine halves its batches until they find room, and remembers") {
  const TinyModelFiles files(small_model("bert"));
  const EncoderOptions options = files.options();
  const auto model =
      std::make_shared<const EncoderModel>(options, WordPieceTokenizer::from_file(options.tokenizer),
                                           on_gpu(options, cuda::Format::kF16), DeviceChoice{});
  std::vector<std::string> words;
  for (int i = 0; i < 40; ++i)
    words.push_back("w" + std::to_string(i) + " w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12");
  const std::vector<std::string_view> texts(words.begin(), words.end());
  const auto embed = [&](Engine& engine) {
    std::vector<float> rows(texts.size() * engine.dimension(), NAN);
    std::vector<std::int32_t> counts(texts.size());
    engine.embed(texts, rows, counts);
    return rows;
  };
  Engine roomy(model);
  const std::vector<float> expected = embed(roomy);
  CHECK(roomy.max_batch_tokens() == 8192);
  Engine tight(model);
  cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 250'000;
  CHECK(embed(tight) == expected);
  CHECK(tight.max_batch_tokens() < 500);
  cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use();
  Engine none(model);
  CHECK(error_of([&] { embed(none); }).code() == ErrorCode::kOutOfMemory);
  cuda_emulation::settings() = {};
}

TEST_CASE("nothing is left on the device") {
  const std::size_t before = cuda_emulation::count_device_allocations();
  {
    const TinyModelFiles files(small_model("mpnet"));
    const Encoder gpu = on_gpu(files.options(), cuda::Format::kBf16);
    run(gpu, kSequences);
    CHECK(cuda_emulation::count_device_allocations() > before);
  }
  CHECK(cuda_emulation::count_device_allocations() == before);
}

TEST_CASE("an encoder of another shape is refused with what the kernels take") {
  TinyModel model;  // heads of 12
  const TinyModelFiles files(model);
  check_error(ErrorCode::kUnsupported,
              "CUDA back end: the GPU's kernels take heads of 32 or 64, a hidden size up to 1024 and an "
              "intermediate size that is a multiple of 32; this encoder has 4 heads, hidden size 48 and "
              "intermediate size 96",
              [&] { on_gpu(files.options(), cuda::Format::kF16); });
}

TEST_CASE("a device that has no memory for the weights says so") {
  const TinyModelFiles files(small_model("bert"));
  cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 10'000;
  const Error error = error_of([&] { on_gpu(files.options(), cuda::Format::kF16); });
  CHECK(error.code() == ErrorCode::kOutOfMemory);
  cuda_emulation::settings() = {};
}

}  // namespace
}  // namespace pointsman::test

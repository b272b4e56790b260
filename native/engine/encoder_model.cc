#include "engine/encoder_model.h"

#include <future>
#include <string>
#include <utility>

#include "backend/bf16_backend.h"
#include "base/error.h"
#include "model/encoder_config.h"
#include "model/encoder_weights.h"

namespace pointsman {
namespace {

void check_limits(const EncoderOptions& options, const EncoderConfig& config,
                  const WordPieceTokenizer& tokenizer) {
  if (options.max_tokens < tokenizer.num_special_tokens() || options.max_tokens > config.max_tokens() ||
      options.max_tokens == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "max_tokens is " + std::to_string(options.max_tokens) + "; expected at least the " +
                    std::to_string(tokenizer.num_special_tokens()) + " special tokens of " +
                    options.tokenizer.string() + " and at most the " + std::to_string(config.max_tokens()) +
                    " positions of " + options.config.string());
  }
  if (tokenizer.vocabulary_size() > config.vocab_size) {
    throw Error(ErrorCode::kCorruptFile, options.tokenizer.string() + " has ids up to " +
                                             std::to_string(tokenizer.vocabulary_size() - 1) +
                                             ", the word table of " + options.config.string() + " has only " +
                                             std::to_string(config.vocab_size) +
                                             " rows; the files belong to different models");
  }
}

// What an encoder is loaded from. The file stays open, so a second load reads what the first one read.
struct EncoderSource {
  std::shared_ptr<const SafetensorsFile> file;
  EncoderConfig config;
  const KernelTable& kernels;

  Encoder onto(std::unique_ptr<Backend> backend) const {
    EncoderWeights weights = load_encoder_weights(file, config, *backend, kernels);
    return {config, std::move(weights), std::move(backend)};
  }
  Encoder onto_gpu(cuda::Format format) const {
    return onto(make_cuda_backend(kernels, config.shape(), format));
  }
};

// Whether it is the GPU's fault that an encoder could not be loaded onto it, and not that of the files.
bool is_of_device(ErrorCode code) {
  return code == ErrorCode::kDeviceUnavailable || code == ErrorCode::kUnsupported ||
         code == ErrorCode::kOutOfMemory || code == ErrorCode::kInternal;
}

struct LoadedEncoder {
  Encoder encoder;
  DeviceChoice choice;
  WideEncoder::Load load_wide;
};

LoadedEncoder load_onto_gpu(const EncoderSource& source) {
  const cuda::Format format = gpu_format(stored_format(*source.file, source.config, source.kernels));
  WideEncoder::Load load_wide;
  if (format == cuda::Format::kF16) load_wide = [source] { return source.onto_gpu(cuda::Format::kBf16); };
  return {source.onto_gpu(format), {.device = Device::kCuda, .reason = {}}, std::move(load_wide)};
}

LoadedEncoder load_encoder(const EncoderOptions& options, const EncoderConfig& config,
                           const KernelTable& kernels) {
  const EncoderSource source{std::make_shared<const SafetensorsFile>(options.weights), config, kernels};
  DeviceChoice choice{.device = Device::kCpu, .reason = {}};
  if (options.device != Device::kCpu) {
    try {
      return load_onto_gpu(source);
    } catch (const Error& error) {
      if (!is_of_device(error.code())) throw;
      if (options.device == Device::kCuda) {
        throw Error(error.code(), std::string("device \"cuda\" is not available: ") + error.what());
      }
      choice.reason = error.what();
    }
  }
  return {source.onto(make_cpu_backend(kernels, config.shape())), std::move(choice), {}};
}

}  // namespace

std::shared_ptr<const EncoderModel> EncoderModel::load(const EncoderOptions& options,
                                                       const KernelTable& kernels) {
  check_features(options.features);
  // Reading the vocabulary takes about as long as packing the weights of a small model. Where no thread is to
  // be had it runs here, at get().
  auto reading = std::async([&] { return WordPieceTokenizer::from_file(options.tokenizer); });
  const EncoderConfig config = read_encoder_config(options.config);
  LoadedEncoder loaded = load_encoder(options, config, kernels);
  std::shared_ptr<const WordPieceTokenizer> tokenizer = reading.get();
  check_limits(options, config, *tokenizer);
  return std::make_shared<const EncoderModel>(options, std::move(tokenizer), std::move(loaded.encoder),
                                              std::move(loaded.choice), std::move(loaded.load_wide));
}

EncoderModel::EncoderModel(const EncoderOptions& options, std::shared_ptr<const WordPieceTokenizer> tokenizer,
                           Encoder encoder, DeviceChoice device, WideEncoder::Load load_wide)
    : tokenizer_(std::move(tokenizer)),
      encoder_(std::move(encoder)),
      wide_encoder_(std::move(load_wide)),
      device_(std::move(device)),
      max_tokens_(options.max_tokens),
      view_(options.view),
      pooling_{options.pooling, options.normalize},
      features_(options.features) {}

}  // namespace pointsman

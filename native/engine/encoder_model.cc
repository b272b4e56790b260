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

}  // namespace

std::shared_ptr<const EncoderModel> EncoderModel::load(const EncoderOptions& options,
                                                       const KernelTable& kernels) {
  check_features(options.features);
  // Reading the vocabulary takes about as long as packing the weights of a small model. Where no thread is to
  // be had it runs here, at get().
  auto reading = std::async([&] { return WordPieceTokenizer::from_file(options.tokenizer); });
  const EncoderConfig config = read_encoder_config(options.config);
  std::unique_ptr<Backend> backend = make_cpu_backend(kernels, config.shape());
  EncoderWeights weights = load_encoder_weights(options.weights, config, *backend, kernels);
  std::shared_ptr<const WordPieceTokenizer> tokenizer = reading.get();
  check_limits(options, config, *tokenizer);
  return std::make_shared<const EncoderModel>(options, std::move(tokenizer),
                                              Encoder(config, std::move(weights), std::move(backend)));
}

EncoderModel::EncoderModel(const EncoderOptions& options, std::shared_ptr<const WordPieceTokenizer> tokenizer,
                           Encoder encoder)
    : tokenizer_(std::move(tokenizer)),
      encoder_(std::move(encoder)),
      max_tokens_(options.max_tokens),
      view_(options.view),
      pooling_(options.pooling),
      normalize_(options.normalize),
      features_(options.features) {}

}  // namespace pointsman

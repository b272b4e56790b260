#include "model/encoder_weights.h"

#include <string>
#include <utility>

#include "model/relative_bias.h"
#include "model/tensor_names.h"
#include "model/weight_reader.h"

namespace pointsman {
namespace {

StoredFloats word_table(const WeightReader& reader, const EncoderConfig& config) {
  return reader.stored(std::string(kWordTable), {config.vocab_size, config.hidden_size});
}

std::unique_ptr<const PreparedEmbeddings> load_embeddings(const WeightReader& reader,
                                                          const EncoderConfig& config, Backend& backend) {
  const std::size_t width = config.hidden_size;
  std::vector<float> positions =
      reader.floats("embeddings.position_embeddings.weight", {config.max_positions, width});
  if (config.type_vocab_size > 0) {
    // A prompt is one segment, so segment 0 is a constant of the position table.
    const std::vector<float> segments =
        reader.floats("embeddings.token_type_embeddings.weight", {config.type_vocab_size, width});
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] += segments[i % width];
  }
  const WeightReader::NormVectors norm = reader.norm_vectors("embeddings.LayerNorm", width);
  return backend.prepare(EmbeddingWeights{.words = word_table(reader, config),
                                          .positions = positions,
                                          .norm = {norm.gamma, norm.beta, config.layer_norm_epsilon}});
}

std::unique_ptr<const PreparedAttentionBias> load_attention_bias(const WeightReader& reader,
                                                                 const EncoderConfig& config,
                                                                 Backend& backend) {
  if (config.relative_buckets == 0) return nullptr;
  const std::vector<float> table =
      reader.floats("encoder.relative_attention_bias.weight", {config.relative_buckets, config.num_heads});
  const std::size_t max_distance = config.max_tokens() - 1;
  const std::vector<float> by_distance =
      expand_relative_bias(table, config.relative_buckets, config.num_heads, max_distance);
  return backend.prepare(AttentionBias{by_distance, max_distance});
}

LayerWeights load_layer(WeightReader& reader, const EncoderConfig& config, Backend& backend,
                        std::size_t index) {
  const LayerNames names = layer_names(config.family);
  const std::string layer = std::string(names.layers) + std::to_string(index) + ".";
  const auto named = [&](std::string_view name) { return layer + std::string(name); };
  const std::size_t hidden = config.hidden_size;
  const std::size_t wide = config.intermediate_size;
  const float epsilon = config.layer_norm_epsilon;
  LayerWeights weights;
  weights.qkv =
      reader.linear(backend, {named(names.query), named(names.key), named(names.value)}, hidden, hidden);
  weights.attention_output = reader.linear(backend, {named(names.attention_output)}, hidden, hidden);
  weights.attention_norm = reader.layer_norm(backend, named(names.attention_norm), hidden, epsilon);
  weights.ffn_in = reader.linear(backend, {named(names.ffn_in)}, wide, hidden);
  weights.ffn_out = reader.linear(backend, {named(names.ffn_out)}, hidden, wide);
  weights.ffn_norm = reader.layer_norm(backend, named(names.ffn_norm), hidden, epsilon);
  return weights;
}

}  // namespace

FloatFormat stored_format(const SafetensorsFile& file, const EncoderConfig& config,
                          const KernelTable& kernels) {
  return word_table(WeightReader(file, kernels), config).format;
}

EncoderWeights load_encoder_weights(std::shared_ptr<const SafetensorsFile> file, const EncoderConfig& config,
                                    Backend& backend, const KernelTable& kernels) {
  EncoderWeights weights;
  weights.file = std::move(file);
  WeightReader reader(*weights.file, kernels);
  weights.embeddings = load_embeddings(reader, config, backend);
  weights.attention_bias = load_attention_bias(reader, config, backend);
  for (std::size_t i = 0; i < config.num_layers; ++i) {
    weights.layers.push_back(load_layer(reader, config, backend, i));
  }
  weights.file->release_pages();  // all but the word table was copied
  return weights;
}

}  // namespace pointsman

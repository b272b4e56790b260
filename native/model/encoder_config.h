// What config.json of a BERT-family encoder says, checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "backend/backend.h"

namespace pointsman {

// How tensors are named and which parts exist; RoBERTa, XLM-RoBERTa and CamemBERT are kBert with other
// positions.
enum class EncoderFamily { kBert, kMpnet, kDistilBert };

// Position ids: BERT counts every token from 0. RoBERTa and MPNet count from pad_token_id + 1 and a pad
// token, which a text can contain literally, gets pad_token_id and is not counted.
struct PositionScheme {
  std::int32_t first = 0;
  std::optional<std::int32_t> uncounted_id;
};

struct EncoderConfig {
  EncoderFamily family = EncoderFamily::kBert;
  std::size_t hidden_size = 0;
  std::size_t num_heads = 0;
  std::size_t num_layers = 0;
  std::size_t intermediate_size = 0;
  std::size_t vocab_size = 0;
  std::size_t type_vocab_size = 0;   // 0: no segment embeddings
  std::size_t max_positions = 0;     // rows of the position table
  std::size_t relative_buckets = 0;  // of MPNet's attention bias; 0: none
  float layer_norm_epsilon = 0;
  Activation activation = Activation::kGelu;
  PositionScheme positions;

  // Longest sequence the position table has room for.
  std::size_t max_tokens() const noexcept {
    return max_positions - static_cast<std::size_t>(positions.first);
  }
  EncoderShape shape() const noexcept { return {hidden_size, num_heads, intermediate_size}; }
};

// Throws kFileNotFound, kIo, kCorruptFile (not JSON, a field missing or out of range) or kUnsupported (a
// model_type, hidden_act or position_embedding_type this build does not compute).
EncoderConfig read_encoder_config(const std::filesystem::path& path);

}  // namespace pointsman

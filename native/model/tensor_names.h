// Where each family keeps its tensors in the Hugging Face layout.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "model/encoder_config.h"

namespace pointsman {

// Names are relative to a layer and stand for two tensors: <name>.weight and <name>.bias.
struct LayerNames {
  std::string_view layers;  // the layer's number follows
  std::string_view query;
  std::string_view key;
  std::string_view value;
  std::string_view attention_output;
  std::string_view attention_norm;
  std::string_view ffn_in;
  std::string_view ffn_out;
  std::string_view ffn_norm;
};

constexpr LayerNames layer_names(EncoderFamily family) {
  switch (family) {
    case EncoderFamily::kMpnet:
      return {"encoder.layer.",     "attention.attn.q", "attention.attn.k",
              "attention.attn.v",   "attention.attn.o", "attention.LayerNorm",
              "intermediate.dense", "output.dense",     "output.LayerNorm"};
    case EncoderFamily::kDistilBert:
      return {"transformer.layer.", "attention.q_lin",   "attention.k_lin",
              "attention.v_lin",    "attention.out_lin", "sa_layer_norm",
              "ffn.lin1",           "ffn.lin2",          "output_layer_norm"};
    case EncoderFamily::kBert:
      break;
  }
  return {"encoder.layer.",       "attention.self.query",   "attention.self.key",
          "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
          "intermediate.dense",   "output.dense",           "output.LayerNorm"};
}

inline constexpr std::string_view kWordTable = "embeddings.word_embeddings.weight";

// What a saver puts before every name when the encoder is a part of a larger module.
inline constexpr std::array<std::string_view, 6> kNamePrefixes{"",       "bert.",       "roberta.",
                                                               "mpnet.", "distilbert.", "model."};

}  // namespace pointsman

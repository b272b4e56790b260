// The tensors of a BERT-family encoder in a back end's layout. Immutable; one copy serves every thread.
#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"
#include "model/encoder_config.h"
#include "model/safetensors.h"

namespace pointsman {

struct LayerWeights {
  std::unique_ptr<const PreparedLinear> qkv;  // one [3 * hidden, hidden] product
  std::unique_ptr<const PreparedLinear> attention_output;
  std::unique_ptr<const PreparedLayerNorm> attention_norm;
  std::unique_ptr<const PreparedLinear> ffn_in;
  std::unique_ptr<const PreparedLinear> ffn_out;
  std::unique_ptr<const PreparedLayerNorm> ffn_norm;
};

struct EncoderWeights {
  std::shared_ptr<const SafetensorsFile> file;  // the word table is read from it at every lookup
  std::unique_ptr<const PreparedEmbeddings> embeddings;
  std::unique_ptr<const PreparedAttentionBias> attention_bias;  // MPNet only, else null
  std::vector<LayerWeights> layers;
};

// What the file stores the encoder's matrices as. Savers use one dtype for all, so the word table answers for
// them. Throws kCorruptFile and kUnsupported as below.
FloatFormat stored_format(const SafetensorsFile& file, const EncoderConfig& config,
                          const KernelTable& kernels);

// Reads tensors by their Hugging Face names, with or without the prefix of a model saved under a task head.
// Throws kCorruptFile (naming the tensor, what was expected and what was found: missing, of another shape,
// not finite), kUnsupported (dtype).
EncoderWeights load_encoder_weights(std::shared_ptr<const SafetensorsFile> file, const EncoderConfig& config,
                                    Backend& backend, const KernelTable& kernels);

}  // namespace pointsman

// Random encoders small enough to check against plain arithmetic, in the Hugging Face layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/engine.h"
#include "model/encoder_weights.h"
#include "model/safetensors_writer.h"
#include "model/support.h"

namespace pointsman::test {

struct TinyModel {
  std::string model_type = "bert";
  std::string prefix;
  std::string dtype = "F32";
  std::string activation = "gelu";
  std::size_t hidden = 48;
  std::size_t heads = 4;
  std::size_t layers = 2;
  std::size_t intermediate = 96;
  std::size_t vocabulary = 60;
  std::size_t positions = 80;
  std::size_t pad_id = 0;
  std::uint32_t seed = 1;

  std::size_t first_position() const { return positions_follow_padding() ? pad_id + 1 : 0; }
  bool positions_follow_padding() const {
    return model_type == "roberta" || model_type == "xlm-roberta" || model_type == "camembert" ||
           model_type == "mpnet";
  }
  bool has_segments() const { return model_type != "mpnet" && model_type != "distilbert"; }

  // Every value is a small integer times a power of two: exact in F32, F16 and BF16.
  Tensors tensors() const;
  std::string config_json() const;
};

inline constexpr std::size_t kTinyBuckets = 32;
inline constexpr double kTinyEpsilon = 1e-5;

// A model on disk with a WordPiece tokenizer over "w0" to "w<n>" that maps one word to one id.
class TinyModelFiles {
 public:
  explicit TinyModelFiles(const TinyModel& model) : TinyModelFiles(model, model.tensors()) {}
  // With these tensors instead of the model's own.
  TinyModelFiles(const TinyModel& model, const Tensors& tensors);

  // Options that open it, with max_tokens at the position table's limit.
  EncoderOptions options() const;

 private:
  TemporaryFolder folder_;
  std::size_t max_tokens_;
};

// Of the file at `path`.
EncoderWeights load_encoder_weights(const std::filesystem::path& path, const EncoderConfig& config,
                                    Backend& backend, const KernelTable& kernels);

}  // namespace pointsman::test

// Texts to features: the embedding and what stands beside it. A model is immutable and shared by every thread
// of the process; an Engine is one thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "backend/device.h"
#include "engine/features.h"
#include "text/text_view.h"
#include "text/tokenizer.h"

namespace pointsman {

struct EncoderOptions {
  std::filesystem::path weights;    // .safetensors, F32, F16 or BF16
  std::filesystem::path tokenizer;  // tokenizer.json
  std::filesystem::path config;     // config.json
  Pooling pooling = Pooling::kMean;
  bool normalize = true;            // divide by the L2 norm
  std::size_t max_tokens = 256;     // special tokens included; at most what the position table allows
  TextView view = TextView::kHead;  // what is read of a longer text
  std::vector<Feature> features = {Feature::kEmbedding};
  Device device = Device::kAuto;
  std::string content_hash;  // identity of the three files, from the caller; part of the sharing key
};

class EncoderModel;  // tokenizer, config, packed weights

// The model for these options: the one already open anywhere in this process under the same files, hash and
// options, or a newly loaded one. Lives as long as someone holds it. Threads that open the same key at once
// load it once. A failed load leaves nothing behind. Throws kFileNotFound, kIo, kCorruptFile, kUnsupported,
// kInvalidArgument.
std::shared_ptr<const EncoderModel> open_encoder_model(const EncoderOptions& options);

// Models alive in this process, over all threads.
std::size_t count_open_encoder_models();

class Engine {
 public:
  explicit Engine(std::shared_ptr<const EncoderModel> model);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  std::size_t dimension() const noexcept;  // values of one text, over all features
  std::size_t max_tokens() const noexcept;
  std::size_t max_batch_tokens()
      const noexcept;  // the back end's choice: what runs fastest, not a limit on calls
  const WordPieceTokenizer& tokenizer() const noexcept;
  const DeviceChoice& device() const noexcept;

  // embeddings: [texts.size(), dimension()], row-major; in a row the features in their order. token_counts:
  // tokens encoded per text, special ones included. Packs the texts into batches of at most
  // max_batch_tokens() tokens; the result does not depend on the packing. On a GPU, a text that overflows f16
  // is encoded in bf16; kDeviceUnavailable is thrown where the weights have no room there a second time.
  // Where a device has too little memory for a batch, batches are halved from then on; kOutOfMemory is thrown
  // for a single text only.
  void embed(std::span<const std::string_view> texts, std::span<float> embeddings,
             std::span<std::int32_t> token_counts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pointsman

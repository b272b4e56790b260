// One thread's second pass, for texts that overflow the encoder's number format.
#pragma once

#include <memory>
#include <span>

#include "engine/encoder_model.h"
#include "engine/packed_batch.h"

namespace pointsman {

class SecondPass {
 public:
  // The model outlives it.
  explicit SecondPass(const EncoderModel& model);

  // embeddings, token_means: what the model's encoder made of the batch, as in Encoder::forward. Sequences
  // whose embedding is not finite get both rows from the wide encoder, where there is one; the others keep
  // theirs, so that no row depends on what else is in the batch.
  void replace_overflowed(const BatchView& batch, std::span<float> embeddings, std::span<float> token_means);

 private:
  const EncoderModel& model_;
  PackedBatch batch_;
  std::unique_ptr<Workspace> workspace_;  // of the wide encoder, from its first use on
};

}  // namespace pointsman

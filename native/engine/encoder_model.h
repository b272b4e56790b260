// What every engine of the same options shares: tokenizer, encoder, limits. Immutable, thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/wide_encoder.h"
#include "kernels/kernel_table.h"
#include "model/encoder.h"
#include "text/tokenizer.h"

namespace pointsman {

class EncoderModel {
 public:
  // Loads without looking for a model that is already open. Throws what reading the three files throws; also
  // kInvalidArgument (max_tokens outside what tokenizer and position table allow, features that do not begin
  // with the embedding or repeat one) and kCorruptFile (the
  // tokenizer knows ids that the word table does not), and where the device is kCuda what make_cuda_backend
  // throws.
  static std::shared_ptr<const EncoderModel> load(const EncoderOptions& options, const KernelTable& kernels);

  EncoderModel(const EncoderOptions& options, std::shared_ptr<const WordPieceTokenizer> tokenizer,
               Encoder encoder, DeviceChoice device, WideEncoder::Load load_wide = {});

  const WordPieceTokenizer& tokenizer() const noexcept { return *tokenizer_; }
  const Encoder& encoder() const noexcept { return encoder_; }
  // The same in a number format of wider range, for texts that overflow encoder()'s.
  const WideEncoder& wide_encoder() const noexcept { return wide_encoder_; }
  std::size_t max_tokens() const noexcept { return max_tokens_; }
  TextView view() const noexcept { return view_; }
  const PoolingRule& pooling() const noexcept { return pooling_; }
  const DeviceChoice& device() const noexcept { return device_; }
  std::span<const Feature> features() const noexcept { return features_; }

 private:
  std::shared_ptr<const WordPieceTokenizer> tokenizer_;
  Encoder encoder_;
  WideEncoder wide_encoder_;
  DeviceChoice device_;
  std::size_t max_tokens_;
  TextView view_;
  PoolingRule pooling_;
  std::vector<Feature> features_;
};

}  // namespace pointsman

// An encoder to measure: a named shape with random weights, or a file's.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "engine/packed_batch.h"
#include "gpu/options.h"
#include "gpu/random_weights.h"
#include "model/encoder.h"

namespace pointsman::bench {

struct EncoderCase {
  std::string name;
  EncoderConfig config;
  std::filesystem::path weights;  // empty: `random` is what it has
  // Of the same shape where there is a file: kernels are timed one by one on these.
  std::unique_ptr<const RandomWeights> random;

  Encoder on(std::unique_ptr<Backend> backend) const;
};

std::vector<EncoderCase> cases_of(const Options& options);

// In float32 on the CPU.
std::unique_ptr<Backend> make_oracle();
std::unique_ptr<Backend> make_gpu_backend(const EncoderConfig& config, cuda::Format format);

// Sequences of random ids. Throws std::invalid_argument for one that the encoder has no positions for.
PackedBatch make_batch(const EncoderConfig& config, const std::vector<std::size_t>& lengths);

}  // namespace pointsman::bench

// A pass of the encoder's kernels, launched one by one as Lane::enqueue does, so that each can be timed.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "backend/backend.h"
#include "cuda/abi.h"
#include "cuda/memory.h"
#include "gpu/random_weights.h"
#include "gpu/roofline.h"
#include "model/encoder_config.h"

namespace pointsman::bench {

class KernelPass {
 public:
  virtual ~KernelPass() = default;

  virtual const cuda::Stream& stream() const = 0;
  // Makes room for the batch and sends it to the device.
  virtual void begin(const BatchView& batch) = 0;
  // Puts one kernel on the stream; `layer` counts from 0 and says whose weights it reads.
  virtual void launch(Kernel kernel, std::size_t layer) = 0;
  // All kernels of a pass: the means of the sequences, [sequences, hidden_size].
  virtual std::vector<float> run() = 0;
};

std::unique_ptr<KernelPass> make_kernel_pass(const EncoderConfig& config, const RandomWeights& weights,
                                             cuda::Format format);

}  // namespace pointsman::bench

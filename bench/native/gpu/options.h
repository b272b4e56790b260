// What gpu_bench is asked to do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cuda/abi.h"
#include "gpu/roofline.h"

namespace pointsman::bench {

struct Options {
  bool help = false;
  bool json = false;
  bool paper = false;
  Roof paper_roof = {989e12, 3.35e12};  // of an H100 SXM: dense f16 and HBM3, by its data sheet

  std::optional<std::string> encoder;  // the name of the only one to measure
  std::string weights;                 // a safetensors file in place of the named encoders
  std::vector<cuda::Format> formats = {cuda::Format::kF16, cuda::Format::kBf16};
  std::optional<std::size_t> layers;  // fewer than the named encoders have
  std::vector<std::size_t> tokens = {8192, 12288, 16384};
  std::size_t length = 128;  // of a sequence, in batches
  std::vector<std::size_t> latency_tokens = {16, 64, 128, 256};
  int runs = 200;
  int latency_runs = 2000;
  int launches = 24;  // of a kernel in one sample
  std::size_t peak_megabytes = 2048;
  std::string commit;
};

// Throws std::invalid_argument for what it does not know.
Options parse_options(const std::vector<std::string>& arguments);

extern const char kUsage[];

inline const char* name_of(cuda::Format format) {
  return format == cuda::Format::kBf16 ? "bf16" : "f16";
}

}  // namespace pointsman::bench

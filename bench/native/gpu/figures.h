// What was measured of one encoder in one format, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "gpu/peaks.h"
#include "gpu/roofline.h"
#include "nlohmann/json.hpp"

namespace pointsman::bench {

// A whole pass, the batch sent to the device and the embeddings back.
struct BatchFigures {
  Load load;
  double seconds;  // median
  Work work;
  double bound_seconds;         // by the roofline of the whole pass
  double kernel_bound_seconds;  // of one kernel after the other
};

struct KernelFigures {
  Kernel kernel;
  Load load;
  std::size_t launches;  // in a pass
  double seconds;        // of one, median
  Work work;             // of one
};

// A single sequence.
struct LatencyFigures {
  std::size_t tokens;
  double p50;
  double p90;
  double p99;
  double kernel_bound_seconds;
};

struct EncoderFigures {
  std::string name;
  std::string format;
  Sizes sizes;
  double worst_cosine;
  std::vector<BatchFigures> batches;
  std::vector<KernelFigures> kernels;
  std::vector<LatencyFigures> latencies;
};

std::string peaks_text(const Peaks& peaks);
nlohmann::ordered_json peaks_json(const Peaks& peaks);

std::string figures_text(const EncoderFigures& figures, const Roof& roof);
nlohmann::ordered_json figures_json(const EncoderFigures& figures, const Roof& roof);

}  // namespace pointsman::bench

// What the card reaches at all: products on registers alone, and memory that is read or copied in one sweep.
#pragma once

#include <cstddef>

#include "gpu/card.h"
#include "gpu/roofline.h"
#include "gpu/samples.h"

namespace pointsman::bench {

struct Peaks {
  double flop_per_second;  // mma.sync m16n8k16, f16 with float32 sums: what the kernels multiply with
  double read_bytes_per_second;
  double copy_bytes_per_second;  // read and written

  // Memory counts at the faster of the two.
  Roof roof() const;
};

// Compares the loops' results with what they must be. Throws std::runtime_error where one differs.
void check_peaks(const Card& card);

// Medians of `runs`. `bytes` of memory are read, and half of them copied to the other half: far more than L2
// holds.
Peaks measure_peaks(const Card& card, std::size_t bytes, int runs, Progress& progress);

}  // namespace pointsman::bench

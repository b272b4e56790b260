// How fast an instruction set can multiply and add at all: loops that touch registers only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pointsman::bench {

struct Peak {
  std::string_view isa;  // name of the kernel table that it bounds
  bool runs_here;
  void (*run)(std::uint64_t iterations);
  double flop_per_iteration;
};

// One for each instruction set of this architecture; defined by its peak_*.cc.
std::span<const Peak> peaks();

}  // namespace pointsman::bench

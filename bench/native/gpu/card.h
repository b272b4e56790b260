// Which GPU this is.
#pragma once

#include <cstddef>
#include <string>

#include "nlohmann/json.hpp"

namespace pointsman::bench {

struct Card {
  std::string name;
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  double clock_hz = 0;         // the highest; 0 where the driver does not say
  double memory_clock_hz = 0;  // the same
  int memory_bus_bits = 0;
  std::size_t memory_bytes = 0;
  std::size_t l2_bytes = 0;
  std::string driver;  // its kernel module's version; empty where it does not say
  std::string driver_cuda;
  std::string runtime_cuda;
};

// The first device. Throws Failure (kUnavailable) with the reason where there is none to use.
Card read_card();

std::string card_text(const Card& card);
nlohmann::ordered_json card_json(const Card& card);

}  // namespace pointsman::bench

#include "gpu/card.h"

#include <cuda_runtime.h>

#include <fstream>
#include <sstream>

#include "cuda/check.h"
#include "cuda/device.h"
#include "gpu/text_table.h"

namespace pointsman::bench {
namespace {

int attribute(cudaDeviceAttr which) {
  int value = 0;
  cuda::check(cudaDeviceGetAttribute(&value, which, 0), "reading an attribute of the GPU");
  return value;
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// The first word like 580.65.06 of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  ...".
std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string line;
  std::getline(file, line);
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos) {
      return word;
    }
  }
  return {};
}

std::string gigahertz(double hertz) {
  return hertz == 0 ? "a clock it does not tell" : "up to " + number_text(hertz / 1e9) + " GHz";
}

}  // namespace

Card read_card() {
  const cuda::DeviceFacts facts = cuda::probe_device();
  return {.name = facts.name,
          .compute_major = facts.compute_major,
          .compute_minor = facts.compute_minor,
          .multiprocessors = attribute(cudaDevAttrMultiProcessorCount),
          .clock_hz = 1e3 * attribute(cudaDevAttrClockRate),
          .memory_clock_hz = 1e3 * attribute(cudaDevAttrMemoryClockRate),
          .memory_bus_bits = attribute(cudaDevAttrGlobalMemoryBusWidth),
          .memory_bytes = static_cast<std::size_t>(facts.memory_bytes),
          .l2_bytes = static_cast<std::size_t>(attribute(cudaDevAttrL2CacheSize)),
          .driver = driver_version(),
          .driver_cuda = version_text(facts.driver_version),
          .runtime_cuda = version_text(facts.runtime_version)};
}

std::string card_text(const Card& card) {
  const std::string driver = card.driver.empty() ? "" : " " + card.driver;
  return card.name + ", compute capability " + std::to_string(card.compute_major) + "." +
         std::to_string(card.compute_minor) + ", " + std::to_string(card.multiprocessors) +
         " multiprocessors at " + gigahertz(card.clock_hz) + "; memory " +
         number_text(static_cast<double>(card.memory_bytes) / 1e9) + " GB, " +
         std::to_string(card.memory_bus_bits) + " bits at " + gigahertz(card.memory_clock_hz) + ", L2 " +
         number_text(static_cast<double>(card.l2_bytes) / 1e6) + " MB; driver" + driver + " for CUDA " +
         card.driver_cuda + ", built with CUDA " + card.runtime_cuda;
}

nlohmann::ordered_json card_json(const Card& card) {
  return {
      {"name", card.name},
      {"computeCapability", std::to_string(card.compute_major) + "." + std::to_string(card.compute_minor)},
      {"multiprocessors", card.multiprocessors},
      {"clockHz", card.clock_hz},
      {"memoryClockHz", card.memory_clock_hz},
      {"memoryBusBits", card.memory_bus_bits},
      {"memoryBytes", card.memory_bytes},
      {"l2Bytes", card.l2_bytes},
      {"driver", card.driver},
      {"driverCuda", card.driver_cuda},
      {"runtimeCuda", card.runtime_cuda}};
}

}  // namespace pointsman::bench
